import { useTranslation } from "react-i18next";
import { useSessionContext } from "../api/session.tsx";
import { TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { Page } from "../ui/page.tsx";

/** Sign-in with address and password. */
export function SignInPage({ ended }: { readonly ended: boolean }) {
  const { t } = useTranslation();
  const { signIn } = useSessionContext();
  return (
    <div className="narrow card">
      <Page title={t("signIn.title")} lead={t("signIn.lead")}>
        {ended ? (
          <p className="note" role="status">
            {t("signIn.ended")}
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
      </Page>
    </div>
  );
}
