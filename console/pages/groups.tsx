import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty, Page } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { pageLocally, type TableQuery } from "../ui/table-data.ts";
import { type GroupRow, groupShape } from "./group.ts";
import { GroupDialog } from "./group-dialog.tsx";
import { GroupMembersDialog } from "./group-members-dialog.tsx";

const answer = z.object({ items: z.array(groupShape) });

type Open = { readonly is: "new" } | { readonly is: "change" | "delete" | "members"; readonly group: GroupRow };

/** The groups of one's own tenant and who is in them. */
export function GroupsPage() {
  const { t } = useTranslation();
  const { api, tenant: id, may } = useSession();
  const { open, show, close, changes, changed } = useOpenDialog<Open>();
  const tenant = path`/tenants/${id}`;
  const base = `${tenant}/groups`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change makes the rows old
  const load = useCallback(
    async (query: TableQuery) => {
      const { items } = answer.parse((await api.get(base)).body);
      const texts = ({ name, roster, members }: GroupRow) => ({
        name,
        roster: String(roster),
        members: String(members),
      });
      return pageLocally(items, texts, query);
    },
    [api, base, changes],
  );
  const yesNo = (is: boolean) => t(is ? "groups.yes" : "groups.no");
  const columns: Column<GroupRow>[] = [
    { key: "name", title: t("groups.name"), text: ({ name }) => name, sortable: true },
    { key: "members", title: t("groups.members"), text: ({ members }) => String(members), sortable: true },
    {
      key: "roster",
      title: t("groups.roster"),
      text: ({ roster }) => yesNo(roster),
      cell: ({ roster }) => <span className="tag">{yesNo(roster)}</span>,
    },
  ];
  const rosters = ["true", "false"].map((value) => ({ value, label: yesNo(value === "true") }));
  return (
    <Page
      title={t("groups.title")}
      lead={t("groups.lead")}
      actions={
        may("group:change") ? (
          <Button kind="primary" onClick={() => show({ is: "new" })}>
            {t("groups.create")}
          </Button>
        ) : null
      }
    >
      <DataTable
        caption={t("groups.title")}
        columns={columns}
        load={load}
        rowKey={({ id }) => id}
        searchable
        filters={[{ name: "roster", label: t("groups.roster"), choices: rosters }]}
        exportAs="groups"
        empty={
          <Empty title={t("groups.empty")}>
            <p>{t("groups.emptyText")}</p>
          </Empty>
        }
        rowActions={(group) =>
          (["members", "change", "delete"] as const)
            .filter((what) => what === "members" || may("group:change"))
            .map((what) => (
              <Button
                key={what}
                label={`${t(`groups.actions.${what}`)}: ${group.name}`}
                onClick={() => show({ is: what, group })}
              >
                {t(`groups.actions.${what}`)}
              </Button>
            ))
        }
      />
      {open?.is === "new" || open?.is === "change" ? (
        <GroupDialog
          base={base}
          group={open.is === "change" ? open.group : undefined}
          onClose={close}
          onDone={() => changed(t("ui.saved"))}
        />
      ) : null}
      {open?.is === "members" ? (
        <GroupMembersDialog tenant={tenant} group={open.group} onClose={() => changed()} />
      ) : null}
      {open?.is === "delete" ? (
        <ConfirmDialog
          title={t("groups.deleteOne", { name: open.group.name })}
          text={t("groups.deleteText", { count: open.group.members })}
          action={t("groups.actions.delete")}
          danger
          onClose={close}
          onConfirm={async (reason) => {
            await api.send("DELETE", `${base}${path`/${open.group.id}`}`, { reason });
            changed(t("groups.deleted", { name: open.group.name }));
          }}
        />
      ) : null}
    </Page>
  );
}
