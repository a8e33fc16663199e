import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Form } from "../ui/form.tsx";
import { FieldErrors } from "../ui/form-errors.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { AbsenceFields, absenceIn } from "./absence-fields.tsx";
import { type Absence, absenceShape } from "./own-presence.ts";

const answer = z.object({ outOfOffice: z.nullable(absenceShape) });

/** Out of office on behalf of a person. `at` is the person's path. */
export function PersonAbsence({ at }: { readonly at: string }) {
  const { t } = useTranslation();
  const { api } = useSession();
  const toast = useToast();
  const [absence, setAbsence] = useState<Absence | null>();
  const [error, setError] = useState<unknown>();
  const address = `${at}/out-of-office`;
  const read = useCallback(async () => {
    try {
      setAbsence(answer.parse((await api.get(address)).body).outOfOffice);
      setError(undefined);
    } catch (problem) {
      setError(problem);
    }
  }, [api, address]);
  useEffect(() => void read(), [read]);
  const end = async () => {
    try {
      await api.send("DELETE", address);
      setAbsence(null);
      toast(t("ownPresence.onBehalfEnded"));
    } catch (problem) {
      setError(problem);
    }
  };
  const set = async (values: FormData) => {
    const body = absenceIn(values, t, absence ?? null);
    if (!body) throw new FieldErrors({ until: t("ownPresence.untilMissing") });
    setAbsence(answer.parse((await api.send("PUT", address, { body })).body).outOfOffice);
    toast(t("ownPresence.onBehalfSaved"));
  };
  return (
    <details className="more" open={absence ? true : undefined}>
      <summary>{t("ownPresence.onBehalf")}</summary>
      <p className="soft">{t("ownPresence.onBehalfText")}</p>
      {error === undefined ? null : <ProblemNote error={error} retry={() => void read()} />}
      {absence === undefined ? null : (
        <Form
          key={absence ? `${absence.until} ${absence.text}` : "none"}
          submit={t("ownPresence.onBehalfSave")}
          onSubmit={set}
          extra={absence ? <Button onClick={() => void end()}>{t("ownPresence.onBehalfEnd")}</Button> : null}
        >
          <AbsenceFields absence={absence} />
        </Form>
      )}
    </details>
  );
}
