import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { path } from "../api/client.ts";
import { usePagesOf } from "../api/pages-of.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Empty, Page } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { useToast } from "../ui/toast.tsx";
import { TenantDialog, type TenantRow, tenantShape } from "./tenant-dialog.tsx";

/** All tenants of the installation; each has a page of its own. */
export function TenantsPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const toast = useToast();
  const [open, setOpen] = useState(false);
  /** Counts up with each change, so that the table loads anew. */
  const [changes, setChanges] = useState(0);
  const load = usePagesOf(tenantShape, "/tenants", changes);
  const columns: Column<TenantRow>[] = [
    {
      key: "name",
      title: t("tenants.name"),
      text: ({ name }) => name,
      cell: ({ id, name }) => <Link to={path`/tenants/${id}`}>{name}</Link>,
    },
    { key: "id", title: t("tenants.id"), text: ({ id }) => id },
    { key: "domain", title: t("tenants.domain"), text: ({ domain }) => domain },
    { key: "contact", title: t("tenants.contact"), text: ({ contact }) => contact },
    { key: "deputy", title: t("tenants.deputy"), text: ({ deputy }) => deputy },
    {
      key: "status",
      title: t("tenants.status"),
      text: ({ status }) => t(`tenants.statuses.${status}`),
      cell: ({ status }) => <span className="tag">{t(`tenants.statuses.${status}`)}</span>,
    },
  ];
  const choices = (["active", "suspended", "closing", "closed"] as const).map((value) => ({
    value,
    label: t(`tenants.statuses.${value}`),
  }));
  const done = () => {
    setChanges((before) => before + 1);
    toast(t("ui.saved"));
  };
  return (
    <Page
      title={t("tenants.title")}
      lead={t("tenants.lead")}
      actions={
        may("tenant:create") ? (
          <Button kind="primary" onClick={() => setOpen(true)}>
            {t("tenants.create")}
          </Button>
        ) : null
      }
    >
      <DataTable
        caption={t("tenants.title")}
        columns={columns}
        load={load}
        rowKey={({ id }) => id}
        searchable
        filters={[{ name: "status", label: t("tenants.status"), choices }]}
        exportAs="tenants"
        empty={<Empty title={t("tenants.empty")} />}
      />
      {open ? <TenantDialog tenant={undefined} onClose={() => setOpen(false)} onDone={done} /> : null}
    </Page>
  );
}
