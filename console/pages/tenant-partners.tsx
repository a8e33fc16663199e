import { useState } from "react";
import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { AreaField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import type { TenantRow } from "./tenant-dialog.tsx";

interface PartnersProps {
  readonly tenant: TenantRow;
  readonly onChanged: (text: string) => void;
}

/** Whom a tenant agrees to be reached by, and whether the other side agrees too. */
export function TenantPartners({ tenant, onChanged }: PartnersProps) {
  const { t } = useTranslation();
  const { api, mayIn } = useSession();
  const [editing, setEditing] = useState(false);
  const { id, partners, federatesWith, version } = tenant;
  const close = () => setEditing(false);
  return (
    <section className="card" aria-labelledby="tenant-partners">
      <h2 id="tenant-partners">{t("tenant.partners")}</h2>
      <p className="soft">{t("tenant.partnersText")}</p>
      {partners.length === 0 ? <p>{t("tenant.noPartners")}</p> : null}
      <ul>
        {partners.map((domain) => (
          <li key={domain}>
            {domain}{" "}
            <span className="tag">{federatesWith.includes(domain) ? t("tenant.both") : t("tenant.waiting")}</span>
          </li>
        ))}
      </ul>
      {mayIn("tenant:partners", id) && tenant.status !== "closed" ? (
        <Button onClick={() => setEditing(true)}>{t("tenant.partnersChange")}</Button>
      ) : null}
      {editing ? (
        <Dialog title={t("tenant.partnersChange")} onClose={close}>
          <Form
            submit={t("ui.save")}
            extra={<Button onClick={close}>{t("ui.cancel")}</Button>}
            onSubmit={async (values) => {
              const domains = String(values.get("partners") ?? "")
                .split(/\s+/)
                .filter(Boolean);
              await api.send("PUT", path`/tenants/${id}/partners`, { body: { version, partners: domains } });
              close();
              onChanged(t("ui.saved"));
            }}
          >
            <AreaField
              name="partners"
              label={t("tenant.partnersField")}
              hint={t("tenant.partnersFieldHint")}
              maxLength={20_000}
              rows={6}
              defaultValue={partners.join("\n")}
            />
          </Form>
        </Dialog>
      ) : null}
    </section>
  );
}
