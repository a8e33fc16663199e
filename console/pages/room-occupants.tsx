import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { pageLocally, type TableQuery } from "../ui/table-data.ts";
import { type OccupantRow, occupantShape } from "./room.ts";

const answer = z.object({ items: z.array(occupantShape) });

/** Who is inside a room now; somebody is put out. `base` is the room's path. */
export function RoomOccupants({ base }: { readonly base: string }) {
  const { t } = useTranslation();
  const { api, may } = useSession();
  const { open, show, close, changes, changed } = useOpenDialog<OccupantRow>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change makes the rows old
  const load = useCallback(
    async (query: TableQuery) => {
      const { items } = answer.parse((await api.get(`${base}/occupants`)).body);
      const texts = ({ nick, jid, role }: OccupantRow) => ({ nick, jid: jid ?? "", role });
      return pageLocally(items, texts, query);
    },
    [api, base, changes],
  );
  const columns: Column<OccupantRow>[] = [
    {
      key: "nick",
      title: t("room.nick"),
      text: ({ nick }) => nick,
      cell: ({ nick, network }) => (
        <>
          {nick} {network === null ? null : <span className="soft">{t("room.network", { network })}</span>}
        </>
      ),
      sortable: true,
    },
    { key: "jid", title: t("room.jid"), text: ({ jid }) => jid ?? "–", sortable: true },
    { key: "role", title: t("room.insideRole"), text: ({ role }) => t(`room.roles.${role}`) },
    {
      key: "affiliation",
      title: t("room.affiliation"),
      text: ({ affiliation }) => t(`room.affiliations.${affiliation}`),
    },
    { key: "devices", title: t("room.devices"), text: ({ sessions }) => String(sessions) },
  ];
  return (
    <div className="card">
      <div className="page-head">
        <h2>{t("room.inside")}</h2>
        <Button label={`${t("room.reload")}: ${t("room.inside")}`} onClick={() => changed()}>
          {t("room.reload")}
        </Button>
      </div>
      <DataTable
        caption={t("room.inside")}
        columns={columns}
        load={load}
        rowKey={({ occupantId }) => occupantId}
        searchable
        empty={<Empty title={t("room.nobodyInside")} />}
        rowActions={
          may("rooms:moderate")
            ? (occupant) =>
                // Who is here from another network is put out there.
                occupant.network === null ? (
                  <Button label={`${t("room.kick")}: ${occupant.nick}`} onClick={() => show(occupant)}>
                    {t("room.kick")}
                  </Button>
                ) : null
            : undefined
        }
      />
      {open ? (
        <ConfirmDialog
          title={t("room.kickTitle", { name: open.nick })}
          text={t("room.kickText")}
          action={t("room.kick")}
          danger
          onClose={close}
          onConfirm={async (reason) => {
            await api.send("POST", `${base}${path`/occupants/${open.occupantId}/kick`}`, { reason });
            changed(t("room.kicked", { name: open.nick }));
          }}
        />
      ) : null}
    </div>
  );
}
