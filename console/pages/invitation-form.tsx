import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  hasFault,
  MAX_PASSWORD,
  MIN_PASSWORD,
  type PasswordFault,
  passwordFaults,
} from "../../identity/core-password.ts";
import { Form } from "../ui/form.tsx";
import { FieldErrors } from "../ui/form-errors.ts";
import { useFormats } from "../ui/formats.ts";
import { PasswordField } from "../ui/password-field.tsx";
import type { Invited } from "./invitation.tsx";

/** What is always shown; the other faults are told when they are there. */
const shown: readonly PasswordFault[] = ["short", "name", "uniform", "common"];

interface FormProps {
  readonly invited: Invited;
  readonly onAccept: (password: string) => Promise<void>;
}

/** Who is invited to what, and the password twice with its rules, which are checked while it is typed. */
export function InvitationForm({ invited, onAccept }: FormProps) {
  const { t } = useTranslation();
  const { longTime } = useFormats();
  const rules = useId();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const owner = { name: invited.name, localpart: invited.jid.split("@")[0] ?? "" };
  const faults = passwordFaults.filter((fault) => hasFault[fault](password, owner));
  const listed = passwordFaults.filter((fault) => shown.includes(fault) || faults.includes(fault));
  const values = { min: MIN_PASSWORD, max: MAX_PASSWORD };
  const met = (fault: PasswordFault) => password !== "" && !faults.includes(fault);
  const save = async () => {
    const fault = faults[0];
    if (fault) throw new FieldErrors({ password: t(`invitation.rules.${fault}`, values) });
    if (password !== again) throw new FieldErrors({ again: t("invitation.different") });
    await onAccept(password);
  };
  return (
    <>
      <p>{t("invitation.lead", { name: invited.name, organisation: invited.organisation })}</p>
      <dl>
        <dt>{t("invitation.organisation")}</dt>
        <dd>{invited.organisation}</dd>
        <dt>{t("invitation.address")}</dt>
        <dd>{invited.jid}</dd>
        <dt>{t("invitation.until")}</dt>
        <dd>{longTime(invited.expiresAt)}</dd>
      </dl>
      <Form submit={t("invitation.submit")} onSubmit={save}>
        {/* Password managers keep the password with this address. */}
        <input type="hidden" name="username" autoComplete="username" value={invited.jid} readOnly />
        <PasswordField
          name="password"
          label={t("invitation.password")}
          autoComplete="new-password"
          describedBy={rules}
          onValue={setPassword}
        />
        <ul className="rules" id={rules} aria-label={t("invitation.rulesTitle")}>
          {listed.map((fault) => (
            <li key={fault} className={met(fault) ? "met" : undefined}>
              <span aria-hidden="true">{met(fault) ? "✓" : "○"}</span> {t(`invitation.rules.${fault}`, values)}
              <span className="unseen"> – {met(fault) ? t("invitation.met") : t("invitation.unmet")}</span>
            </li>
          ))}
        </ul>
        <p role="status" className="unseen">
          {password !== "" && faults.length === 0 ? t("invitation.allMet") : ""}
        </p>
        <PasswordField name="again" label={t("invitation.again")} autoComplete="new-password" onValue={setAgain} />
      </Form>
    </>
  );
}
