import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { TextField } from "../ui/field.tsx";
import { FieldErrors } from "../ui/form-errors.ts";
import { type Absence, endOfDay, lastDayOf } from "./own-presence.ts";

/** Until when somebody is out of office, and what others read meanwhile. */
export function AbsenceFields({ absence }: { readonly absence: Absence | null }) {
  const { t } = useTranslation();
  return (
    <div className="columns">
      <TextField
        name="until"
        type="date"
        label={t("ownPresence.until")}
        hint={t("ownPresence.untilHint")}
        defaultValue={absence ? lastDayOf(absence.until) : ""}
      />
      <TextField
        name="text"
        label={t("ownPresence.text")}
        hint={t("ownPresence.textHint")}
        maxLength={200}
        autoComplete="off"
        defaultValue={absence?.text ?? ""}
      />
    </div>
  );
}

/** What is said in these fields; null: not out of office. Throws FieldErrors. `before`: what stood there. */
export function absenceIn(values: FormData, t: TFunction, before: Absence | null): Absence | null {
  const day = String(values.get("until") ?? "");
  const text = String(values.get("text") ?? "").trim();
  if (day === "" && text === "") return null;
  const end = endOfDay(day);
  if (!end) throw new FieldErrors({ until: t("ownPresence.untilMissing") });
  if (end.getTime() <= Date.now()) throw new FieldErrors({ until: t("ownPresence.past") });
  if (text === "") throw new FieldErrors({ text: t("ownPresence.textMissing") });
  // An end within the day, which a program has set, stays where nobody changes the day.
  const until = before && lastDayOf(before.until) === day ? before.until : end.toISOString();
  return { until, text };
}
