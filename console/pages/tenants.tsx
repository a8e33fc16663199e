import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path, queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { Empty, Page } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import type { TableQuery } from "../ui/table-data.ts";
import { useToast } from "../ui/toast.tsx";
import { TenantDialog, type TenantRow, tenantShape } from "./tenant-dialog.tsx";

const answer = z.object({ items: z.array(tenantShape), next: z.nullable(z.string()) });

const steps = ["suspend", "resume", "close"] as const;
type Step = (typeof steps)[number];

/** What may be done next with a tenant of a status. */
const stepsOf: Readonly<Record<TenantRow["status"], readonly Step[]>> = {
  active: ["suspend", "close"],
  suspended: ["resume", "close"],
  closing: [],
  closed: [],
};

type Open = { readonly is: "edit"; readonly tenant?: TenantRow } | { readonly is: Step; readonly tenant: TenantRow };

/** The operator's tenants: open, change, suspend, resume, close. */
export function TenantsPage() {
  const { t } = useTranslation();
  const { api, may } = useSession();
  const toast = useToast();
  const [open, setOpen] = useState<Open>();
  /** Counts up with each change, so that the table loads anew. */
  const [changes, setChanges] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change makes the rows old
  const load = useCallback(
    async ({ after, limit, search, filters }: TableQuery) =>
      answer.parse((await api.get(`/tenants${queryText({ after, limit, search, ...filters })}`)).body),
    [api, changes],
  );
  const columns: Column<TenantRow>[] = [
    { key: "id", title: t("tenants.id"), text: ({ id }) => id },
    { key: "name", title: t("tenants.name"), text: ({ name }) => name },
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
  const done = (text: string) => {
    setChanges((before) => before + 1);
    toast(text);
  };
  const close = () => setOpen(undefined);
  const allowed = (step: Step) => may(step === "close" ? "tenant:close" : "tenant:suspend");
  return (
    <Page
      title={t("tenants.title")}
      lead={t("tenants.lead")}
      actions={
        may("tenant:create") ? (
          <Button kind="primary" onClick={() => setOpen({ is: "edit" })}>
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
        rowActions={(tenant) => (
          <>
            {may("tenant:change") && tenant.status !== "closed" ? (
              <Button
                label={t("tenants.changeOne", { name: tenant.name })}
                onClick={() => setOpen({ is: "edit", tenant })}
              >
                {t("ui.change")}
              </Button>
            ) : null}
            {stepsOf[tenant.status].filter(allowed).map((step) => (
              <Button
                key={step}
                label={`${t(`tenants.${step}.action`)}: ${tenant.name}`}
                onClick={() => setOpen({ is: step, tenant })}
              >
                {t(`tenants.${step}.action`)}
              </Button>
            ))}
          </>
        )}
      />
      {open?.is === "edit" ? (
        <TenantDialog tenant={open.tenant} onClose={close} onDone={() => done(t("ui.saved"))} />
      ) : null}
      {open && open.is !== "edit" ? (
        <ConfirmDialog
          title={t(`tenants.${open.is}.title`, { name: open.tenant.name })}
          text={t(`tenants.${open.is}.text`)}
          action={t(`tenants.${open.is}.action`)}
          danger={open.is !== "resume"}
          onClose={close}
          onConfirm={async (reason) => {
            await api.send("POST", `${path`/tenants/${open.tenant.id}/`}${open.is}`, { reason });
            close();
            done(t(`tenants.${open.is}.done`, { name: open.tenant.name }));
          }}
        />
      ) : null}
    </Page>
  );
}
