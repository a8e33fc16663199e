import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { CheckField, ReasonField, SelectField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { FieldErrors } from "../ui/form-errors.ts";
import { instantOf } from "./archive-question.ts";
import { exportShape, type RoomExport } from "./room-export.ts";

interface FormProps {
  /** Path of the room. */
  readonly base: string;
  /** Of the room; may be empty. */
  readonly language: string;
  readonly onAsked: (job: RoomExport) => void;
}

/** Asks for an export: in which form, of which days, and why. */
export function RoomExportForm({ base, language, onAsked }: FormProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  // What was asked for stands below; the form begins anew.
  const [asked, setAsked] = useState(0);
  const ask = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const [from, to] = [instantOf(text("from"), 0), instantOf(text("to"), 1)];
    if (from !== "" && to !== "" && from >= to) throw new FieldErrors({ to: t("roomExport.backwards") });
    const body = {
      ...{ format: text("format"), language: text("language"), files: values.get("files") !== null },
      ...(from === "" ? {} : { from }),
      ...(to === "" ? {} : { to }),
    };
    const answer = await api.send("POST", `${base}/exports`, { reason: text("reason"), body });
    onAsked(exportShape.parse(answer.body));
    setAsked(asked + 1);
  };
  return (
    <section className="card" aria-labelledby="room-export-ask">
      <h2 id="room-export-ask">{t("roomExport.ask")}</h2>
      <Form key={asked} submit={t("roomExport.start")} onSubmit={ask}>
        <div className="columns four">
          <SelectField
            name="format"
            label={t("roomExport.format")}
            required
            choices={(["html", "json"] as const).map((value) => ({ value, label: t(`roomExport.formats.${value}`) }))}
          />
          <SelectField
            name="language"
            label={t("roomExport.language")}
            required
            choices={(["de", "en"] as const).map((value) => ({ value, label: t(`roomExport.languages.${value}`) }))}
            defaultValue={language.toLowerCase().startsWith("en") ? "en" : "de"}
          />
          <TextField name="from" type="date" label={t("roomExport.from")} />
          <TextField name="to" type="date" label={t("roomExport.to")} />
        </div>
        <div className="field">
          <CheckField name="files" label={t("roomExport.files")} defaultChecked />
        </div>
        <ReasonField hint={t("roomExport.reason")} />
      </Form>
    </section>
  );
}
