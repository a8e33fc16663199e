import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FileField } from "../ui/file-field.tsx";
import { Form } from "../ui/form.tsx";
import { FieldErrors } from "../ui/form-errors.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { saveText } from "../ui/save-text.ts";
import { csvOf } from "../ui/table-data.ts";
import { type ImportReport, reportShape } from "./import-report.ts";
import { ImportTable } from "./import-table.tsx";

interface ImportProps {
  /** Path of the tenant's people. */
  readonly base: string;
  readonly onClose: () => void;
  /** People have been added. */
  readonly onImported: () => void;
}

type Step =
  | { readonly is: "choose" }
  | { readonly is: "checked"; readonly csv: string; readonly report: ImportReport }
  | { readonly is: "done"; readonly report: ImportReport };

/** What the API takes at once. */
const MAX_BYTES = 256 * 1024;

/** UTF-8, else what older spreadsheets of this country write. */
async function textOf(file: File): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Import of people from a CSV file: choose, see what each line would do, take all or the good ones, keep the links. */
export function ImportDialog({ base, onClose, onImported }: ImportProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const [step, setStep] = useState<Step>({ is: "choose" });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const send = async (csv: string, query: string) =>
    reportShape.parse(
      (await api.send("POST", `${base}/import${query}`, { text: { type: "text/csv", content: csv } })).body,
    );
  const check = async (values: FormData) => {
    const file = values.get("file");
    if (!(file instanceof File) || file.size === 0) throw new FieldErrors({ file: t("people.import.noFile") });
    if (file.size > MAX_BYTES) throw new FieldErrors({ file: t("people.import.tooLarge") });
    const csv = await textOf(file);
    setStep({ is: "checked", csv, report: await send(csv, "?dryRun=true") });
  };
  const take = async (csv: string) => {
    setBusy(true);
    setError(undefined);
    try {
      const report = await send(csv, "?partial=true");
      setStep({ is: "done", report });
      if (report.imported > 0) onImported();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const saveLinks = ({ lines }: ImportReport) => {
    const rows = lines.flatMap(({ localpart, invitation }) =>
      invitation ? [[localpart, invitation.link, invitation.expiresAt]] : [],
    );
    saveText("invitations.csv", "text/csv;charset=utf-8", csvOf(["localpart", "link", "expiresAt"], rows));
  };
  const cancel = <Button onClick={onClose}>{t("ui.cancel")}</Button>;
  return (
    <Dialog title={t("people.import.title")} onClose={onClose} wide>
      {error === undefined ? null : <ProblemNote error={error} />}
      {step.is === "choose" ? (
        <Form submit={t("people.import.check")} onSubmit={check} extra={cancel}>
          <p>{t("people.import.text")}</p>
          <pre>{t("people.import.sample")}</pre>
          <FileField
            name="file"
            label={t("people.import.file")}
            hint={t("people.import.fileHint")}
            accept=".csv,text/csv"
          />
        </Form>
      ) : null}
      {step.is === "checked" ? (
        <>
          <p role="status">{t("people.import.summary", { good: step.report.good, bad: step.report.bad })}</p>
          <ImportTable report={step.report} />
          <div className="actions dialog-end">
            {step.report.good > 0 ? (
              <Button kind="primary" busy={busy} onClick={() => void take(step.csv)}>
                {busy
                  ? t("ui.busy")
                  : t(step.report.bad > 0 ? "people.import.takeGood" : "people.import.takeAll", {
                      count: step.report.good,
                    })}
              </Button>
            ) : null}
            <Button onClick={() => setStep({ is: "choose" })}>{t("people.import.other")}</Button>
            {cancel}
          </div>
        </>
      ) : null}
      {step.is === "done" ? (
        <>
          <p role="status">{t("people.import.done", { count: step.report.imported })}</p>
          <p>{t("people.import.links")}</p>
          <ImportTable report={step.report} />
          <div className="actions dialog-end">
            <Button kind="primary" onClick={() => saveLinks(step.report)}>
              {t("people.import.saveLinks")}
            </Button>
            <Button onClick={onClose}>{t("ui.close")}</Button>
          </div>
        </>
      ) : null}
    </Dialog>
  );
}
