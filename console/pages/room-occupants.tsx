import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { usePagesOf } from "../api/pages-of.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { type OccupantRow, occupantShape, type RoomRow } from "./room.ts";
import { RoomMemberDialog } from "./room-member-dialog.tsx";
import { RoomRoleDialog } from "./room-role-dialog.tsx";

interface OccupantsProps {
  /** Path of the room. */
  readonly base: string;
  readonly room: RoomRow;
}

type Open =
  | { readonly is: "role" | "kick"; readonly occupant: OccupantRow }
  | { readonly is: "affiliation"; readonly occupant: OccupantRow & { readonly jid: string } };

/** Who is inside a room now: gets or loses the voice, a place in the room, or is put out. */
export function RoomOccupants({ base, room }: OccupantsProps) {
  const { t } = useTranslation();
  const { api, may } = useSession();
  const { open, show, close, changes, changed } = useOpenDialog<Open>();
  const load = usePagesOf(occupantShape, `${base}/occupants`, changes);
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
    { key: "jid", title: t("room.jid"), text: ({ jid }) => jid ?? "–" },
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
            ? (occupant) => {
                // Who is here from another network is put out there; owners and administrators stay as they are.
                const { network, nick, jid, affiliation } = occupant;
                if (network !== null) return null;
                const above = affiliation === "owner" || affiliation === "admin";
                return (
                  <>
                    {above ? null : (
                      <Button label={`${t("room.changeRole")}: ${nick}`} onClick={() => show({ is: "role", occupant })}>
                        {t("room.changeRole")}
                      </Button>
                    )}
                    {jid === null || (above && !may("rooms:change")) ? null : (
                      <Button
                        label={`${t("room.changeTie")}: ${nick}`}
                        onClick={() => show({ is: "affiliation", occupant: { ...occupant, jid } })}
                      >
                        {t("room.changeTie")}
                      </Button>
                    )}
                    {above ? null : (
                      <Button label={`${t("room.kick")}: ${nick}`} onClick={() => show({ is: "kick", occupant })}>
                        {t("room.kick")}
                      </Button>
                    )}
                  </>
                );
              }
            : undefined
        }
      />
      {open?.is === "role" ? (
        <RoomRoleDialog base={base} occupant={open.occupant} onClose={close} onDone={changed} />
      ) : null}
      {open?.is === "affiliation" ? (
        <RoomMemberDialog
          members={`${base}/members`}
          room={room}
          member={{ ...open.occupant, name: null }}
          onClose={close}
          onDone={changed}
        />
      ) : null}
      {open?.is === "kick" ? (
        <ConfirmDialog
          title={t("room.kickTitle", { name: open.occupant.nick })}
          text={t("room.kickText")}
          action={t("room.kick")}
          danger
          onClose={close}
          onConfirm={async (reason) => {
            await api.send("POST", `${base}${path`/occupants/${open.occupant.occupantId}/kick`}`, { reason });
            changed(t("room.kicked", { name: open.occupant.nick }));
          }}
        />
      ) : null}
    </div>
  );
}
