import { useTranslation } from "react-i18next";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { FieldErrors } from "../ui/form-errors.ts";
import type { OwnSearch } from "./own-message.ts";

interface SearchProps {
  readonly searched: OwnSearch;
  readonly onSearch: (next: OwnSearch) => void;
  readonly onEnd: () => void;
}

/** Asks what to look for in one's own messages. */
export function OwnSearchForm({ searched, onSearch, onEnd }: SearchProps) {
  const { t } = useTranslation();
  const search = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const next = { text: text("text"), with: text("with"), from: text("from"), to: text("to") };
    if (next.from !== "" && next.to !== "" && next.from > next.to) {
      throw new FieldErrors({ to: t("ownMessages.backwards") });
    }
    onSearch(next);
  };
  return (
    <search className="card">
      <Form
        submit={t("ownMessages.search")}
        onSubmit={search}
        extra={searched.text === "" ? null : <Button onClick={onEnd}>{t("ownMessages.again")}</Button>}
      >
        <div className="columns four">
          <TextField
            name="text"
            label={t("ownMessages.words")}
            hint={t("ownMessages.wordsHint")}
            required
            maxLength={200}
            autoComplete="off"
            defaultValue={searched.text}
          />
          <TextField
            name="with"
            label={t("ownMessages.who")}
            hint={t("ownMessages.whoHint")}
            maxLength={1_023}
            autoComplete="off"
            defaultValue={searched.with}
          />
          <TextField name="from" type="date" label={t("ownMessages.from")} defaultValue={searched.from} />
          <TextField name="to" type="date" label={t("ownMessages.to")} defaultValue={searched.to} />
        </div>
      </Form>
    </search>
  );
}
