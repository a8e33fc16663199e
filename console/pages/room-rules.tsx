import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { rulesShape } from "./room.ts";
import { RoomRulesForm } from "./room-rules-form.tsx";
import { useRules } from "./use-rules.ts";

/** The rules of a tenant for its rooms; who may not change them reads them. */
export function RoomRulesPage() {
  const { t } = useTranslation();
  const { tenant, may } = useSession();
  const toast = useToast();
  const { rules, error, retry, save } = useRules(path`/tenants/${tenant}/room-rules`, rulesShape);
  return (
    <Page title={t("roomRules.title")} lead={t("roomRules.lead")}>
      <p>
        <Link to="/rooms">{t("room.back")}</Link>
      </p>
      {error === undefined ? null : <ProblemNote error={error} retry={retry} />}
      {rules || error !== undefined ? null : <p role="status">{t("ui.loading")}</p>}
      {rules ? (
        <fieldset disabled={!may("rooms:change")}>
          <legend className="unseen">{t("roomRules.title")}</legend>
          {may("rooms:change") ? null : <p className="soft">{t("roomRules.readOnly")}</p>}
          <RoomRulesForm
            key={rules.version}
            rules={rules}
            save={async (body, reason) => {
              await save(body, reason);
              toast(t("roomRules.saved"));
            }}
          />
        </fieldset>
      ) : null}
    </Page>
  );
}
