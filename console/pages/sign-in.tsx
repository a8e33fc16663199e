import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useSessionContext } from "../api/session.tsx";
import { de } from "../texts/areas.ts";
import { TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { Page } from "../ui/page.tsx";
import { OrganisationSignIn } from "./organisation-sign-in.tsx";

type Failure = keyof typeof de.signIn.failure;
const isFailure = (code: string): code is Failure => Object.hasOwn(de.signIn.failure, code);
/** What only the administrator can mend is one thing to all others. */
const ofSettings = ["not-https", "local-address", "no-provider", "other-issuer", "client-refused"];

function failureIn(problem: string | null): Failure | undefined {
  if (problem === null) return undefined;
  if (ofSettings.includes(problem)) return "settings";
  return isFailure(problem) ? problem : "failed";
}

/** Sign-in with address and password, or through the organisation; `?problem=` tells how the latter failed. */
export function SignInPage({ ended }: { readonly ended: boolean }) {
  const { t } = useTranslation();
  const { signIn } = useSessionContext();
  const [query] = useSearchParams();
  const [jid, setJid] = useState("");
  const failure = failureIn(query.get("problem"));
  return (
    <div className="narrow card">
      <Page title={t("signIn.title")} lead={t("signIn.lead")}>
        {ended ? (
          <p className="note" role="status">
            {t("signIn.ended")}
          </p>
        ) : null}
        {failure && !ended ? (
          <p className="note" role="alert">
            {t(`signIn.failure.${failure}`)}
          </p>
        ) : null}
        <Form
          submit={t("signIn.submit")}
          onSubmit={(values) => signIn(String(values.get("jid") ?? "").trim(), String(values.get("password") ?? ""))}
        >
          <TextField
            name="jid"
            label={t("signIn.jid")}
            hint={t("signIn.jidHint")}
            required
            autoComplete="username"
            maxLength={500}
            pattern="[^@\s]+@[^@\s]+"
            onText={setJid}
          />
          <TextField
            name="password"
            type="password"
            label={t("signIn.password")}
            required
            autoComplete="current-password"
            maxLength={200}
          />
        </Form>
        <OrganisationSignIn jid={jid} />
      </Page>
    </div>
  );
}
