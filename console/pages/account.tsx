import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession, useSessionContext } from "../api/session.tsx";
import { roleName } from "../texts/role-name.ts";
import { Button } from "../ui/button.tsx";
import { Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";

/** One's own account: who one is here, and the way out. */
export function AccountPage() {
  const { t } = useTranslation();
  const { session } = useSession();
  const { signOut } = useSessionContext();
  const [error, setError] = useState<unknown>();
  const { person, roles } = session;
  return (
    <Page title={t("account.title")} lead={t("account.lead")}>
      {error === undefined ? null : <ProblemNote error={error} />}
      <div className="card">
        <dl>
          <dt>{t("account.name")}</dt>
          <dd>{person.name}</dd>
          <dt>{t("account.localpart")}</dt>
          <dd>{person.localpart}</dd>
          <dt>{t("account.tenant")}</dt>
          <dd>{person.tenant}</dd>
          <dt>{t("account.roles")}</dt>
          <dd>{roles.map((role) => roleName(t, role)).join(", ")}</dd>
        </dl>
        <div className="actions">
          <Button kind="primary" onClick={() => void signOut(false).catch(setError)}>
            {t("account.signOut")}
          </Button>
          <Button onClick={() => void signOut(true).catch(setError)}>{t("account.signOutEverywhere")}</Button>
        </div>
        <p className="hint">{t("account.everywhereText")}</p>
      </div>
    </Page>
  );
}
