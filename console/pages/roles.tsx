import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { mayGrant, roles } from "../../identity/permissions.ts";
import { path } from "../api/client.ts";
import { usePagesOf } from "../api/pages-of.ts";
import { useSession } from "../api/session.tsx";
import { roleName } from "../texts/role-name.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { useFormats } from "../ui/formats.ts";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty, Page } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { GrantRoleDialog } from "./grant-role-dialog.tsx";

const holderShape = z.object({
  person: z.object({ id: z.string(), localpart: z.string(), name: z.string() }),
  role: z.enum(roles),
  scope: z.nullable(z.string()),
  reason: z.nullable(z.string()),
  grantedBy: z.nullable(z.string()),
  createdAt: z.string(),
  expiresAt: z.nullable(z.string()),
});
type Holder = z.infer<typeof holderShape>;

type Open = { readonly is: "grant" } | { readonly is: "revoke"; readonly holder: Holder };

/** Who holds which role in one's tenant, since and until when, why and by whom; give and take. */
export function RolesPage() {
  const { t } = useTranslation();
  const { time } = useFormats();
  const { session, tenant, may, api } = useSession();
  const { open, show, close, changes, changed } = useOpenDialog<Open>();
  const { id } = session.person;
  const base = path`/tenants/${tenant}`;
  const load = usePagesOf(holderShape, `${base}/roles`, changes);
  const where = (scope: string | null) =>
    scope === null ? ` (${t("roles.everywhere")})` : scope === tenant ? "" : ` (${scope})`;
  const columns: Column<Holder>[] = [
    {
      key: "name",
      title: t("roles.person"),
      text: ({ person }) => `${person.name} (${person.localpart})`,
      cell: ({ person }) => (
        <>
          {person.name} <span className="soft">{person.localpart}</span>
        </>
      ),
      sortable: true,
    },
    {
      key: "role",
      title: t("roles.role"),
      text: ({ role, scope }) => `${roleName(t, role)}${where(scope)}`,
      sortable: true,
    },
    { key: "since", title: t("roles.since"), text: ({ createdAt }) => time(createdAt) },
    {
      key: "until",
      title: t("roles.until"),
      text: ({ expiresAt }) => (expiresAt === null ? t("roles.forGood") : time(expiresAt)),
    },
    { key: "reason", title: t("ui.reason"), text: ({ reason }) => reason ?? "–" },
    { key: "grantedBy", title: t("roles.grantedBy"), text: ({ grantedBy }) => grantedBy ?? "–" },
  ];
  /** Why one may not take a role away; undefined: one may. */
  const refusalOf = ({ person, role, scope }: Holder) => {
    if (person.id === id) return t("roles.notOwn");
    return mayGrant({ id, grants: session.grants }, person.id, role, scope) ? undefined : t("roles.above");
  };
  return (
    <Page
      title={t("roles.title")}
      lead={t("roles.lead")}
      actions={
        may("role:grant") && may("person:read") ? (
          <Button kind="primary" onClick={() => show({ is: "grant" })}>
            {t("roles.grant")}
          </Button>
        ) : null
      }
    >
      <DataTable
        caption={t("roles.title")}
        columns={columns}
        load={load}
        rowKey={({ person, role, scope }) => `${person.id} ${role} ${scope}`}
        searchable
        filters={[
          {
            name: "role",
            label: t("roles.role"),
            choices: roles.map((value) => ({ value, label: roleName(t, value) })),
          },
        ]}
        exportAs="roles"
        empty={<Empty title={t("roles.empty")} />}
        rowActions={
          may("role:grant")
            ? (holder) =>
                holder.role === "user" ? null : (
                  <Button
                    label={`${t("roles.revoke")}: ${roleName(t, holder.role)}, ${holder.person.name}`}
                    refused={refusalOf(holder)}
                    onClick={() => show({ is: "revoke", holder })}
                  >
                    {t("roles.revoke")}
                  </Button>
                )
            : undefined
        }
      />
      {open?.is === "grant" ? (
        <GrantRoleDialog base={base} onClose={close} onDone={(name) => changed(t("roles.granted", { name }))} />
      ) : null}
      {open?.is === "revoke" ? (
        <ConfirmDialog
          title={t("roles.revokeOne", { name: open.holder.person.name, role: roleName(t, open.holder.role) })}
          text={t("roles.revokeText")}
          action={t("roles.revoke")}
          danger
          onClose={close}
          onConfirm={async (reason) => {
            const { person, role } = open.holder;
            await api.send("DELETE", `${base}${path`/people/${person.id}/roles/${role}`}`, { reason });
            changed(t("roles.revoked", { name: person.name }));
          }}
        />
      ) : null}
    </Page>
  );
}
