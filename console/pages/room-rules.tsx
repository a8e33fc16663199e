import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { type RoomRules, rulesShape } from "./room.ts";
import { RoomRulesForm } from "./room-rules-form.tsx";

/** The rules of a tenant for its rooms; who may not change them reads them. */
export function RoomRulesPage() {
  const { t } = useTranslation();
  const { api, tenant, may } = useSession();
  const toast = useToast();
  const [rules, setRules] = useState<RoomRules>();
  const [error, setError] = useState<unknown>();
  const base = path`/tenants/${tenant}/room-rules`;
  const read = useCallback(async () => {
    try {
      setRules(rulesShape.parse((await api.get(base)).body));
      setError(undefined);
    } catch (problem) {
      setError(problem);
    }
  }, [api, base]);
  useEffect(() => void read(), [read]);
  return (
    <Page title={t("roomRules.title")} lead={t("roomRules.lead")}>
      <p>
        <Link to="/rooms">{t("room.back")}</Link>
      </p>
      {error === undefined ? null : <ProblemNote error={error} retry={() => void read()} />}
      {rules || error !== undefined ? null : <p role="status">{t("ui.loading")}</p>}
      {rules ? (
        <fieldset disabled={!may("rooms:change")}>
          <legend className="unseen">{t("roomRules.title")}</legend>
          {may("rooms:change") ? null : <p className="soft">{t("roomRules.readOnly")}</p>}
          <RoomRulesForm
            key={rules.version}
            rules={rules}
            save={async (body, reason) => {
              const { version } = rules;
              setRules(rulesShape.parse((await api.send("PUT", base, { body, reason, version })).body));
              toast(t("roomRules.saved"));
            }}
          />
        </fieldset>
      ) : null}
    </Page>
  );
}
