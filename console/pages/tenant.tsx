import { type ReactNode, useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Facts } from "../ui/facts.tsx";
import { useFormats } from "../ui/formats.ts";
import { Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { useToast } from "../ui/toast.tsx";
import { EmergencyHistory } from "./emergency-history.tsx";
import { EmergencyTaking } from "./emergency-taking.tsx";
import { PresenceFigures } from "./presence-figures.tsx";
import { TenantDialog, type TenantRow, tenantShape } from "./tenant-dialog.tsx";
import { TenantPartners } from "./tenant-partners.tsx";
import { TenantQuotas } from "./tenant-quotas.tsx";
import { TenantSteps } from "./tenant-steps.tsx";

/** A tenant of the installation, for who runs or orders it. */
export function TenantPage() {
  const { t } = useTranslation();
  const { tenant = "" } = useParams();
  return (
    <TenantView key={tenant} id={tenant}>
      <p>
        <Link to="/tenants">{t("tenant.back")}</Link>
      </p>
    </TenantView>
  );
}

/** One's own tenant. */
export function OwnTenantPage() {
  const { tenant } = useSession();
  return <TenantView key={tenant} id={tenant} />;
}

function TenantView({ id, children }: { readonly id: string; readonly children?: ReactNode }) {
  const { t } = useTranslation();
  const { longDay } = useFormats();
  const { api, mayIn } = useSession();
  const toast = useToast();
  const [tenant, setTenant] = useState<TenantRow>();
  const [error, setError] = useState<unknown>();
  const [editing, setEditing] = useState(false);
  const read = useCallback(async () => {
    try {
      setTenant(tenantShape.parse((await api.get(path`/tenants/${id}`)).body));
      setError(undefined);
    } catch (problem) {
      setError(problem);
    }
  }, [api, id]);
  useEffect(() => void read(), [read]);
  if (error !== undefined || !tenant) {
    return (
      <Page title={id}>
        {error === undefined ? <p role="status">{t("ui.loading")}</p> : <ProblemNote error={error} retry={read} />}
        {children}
      </Page>
    );
  }
  const changed = (text: string) => {
    toast(text);
    void read();
  };
  const facts = [
    [t("tenants.id"), tenant.id],
    [t("tenants.domain"), tenant.domain],
    [t("tenants.contact"), tenant.contact],
    [t("tenants.deputy"), tenant.deputy],
    [t("tenant.since"), longDay(tenant.createdAt)],
  ] as const;
  return (
    <Page
      key={tenant.id}
      title={tenant.name}
      actions={
        mayIn("tenant:change", id) && tenant.status !== "closed" ? (
          <Button kind="primary" label={t("tenants.changeOne", { name: tenant.name })} onClick={() => setEditing(true)}>
            {t("ui.change")}
          </Button>
        ) : null
      }
    >
      {children}
      <section className="card" aria-labelledby="tenant-facts">
        <h2 id="tenant-facts">{t("tenant.facts")}</h2>
        <Facts of={facts} />
      </section>
      <TenantSteps tenant={tenant} onChanged={changed} />
      <TenantQuotas tenant={tenant} />
      {mayIn("presence:usage", id) ? <PresenceFigures tenant={tenant.id} /> : null}
      <TenantPartners tenant={tenant} onChanged={changed} />
      {mayIn("tenant:break-glass", id) ? <EmergencyTaking tenant={tenant.id} name={tenant.name} /> : null}
      {mayIn("tenant:emergencies", id) ? <EmergencyHistory tenant={tenant.id} /> : null}
      {editing ? (
        <TenantDialog tenant={tenant} onClose={() => setEditing(false)} onDone={() => changed(t("ui.saved"))} />
      ) : null}
    </Page>
  );
}
