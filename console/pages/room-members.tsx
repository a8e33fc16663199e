import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { usePagesOf } from "../api/pages-of.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { affiliations, type MemberRow, memberShape, type RoomRow } from "./room.ts";
import { RoomMemberDialog } from "./room-member-dialog.tsx";
import { nameOf, personColumn } from "./room-person.tsx";

interface MembersProps {
  /** Path of the room. */
  readonly base: string;
  readonly room: RoomRow;
  /** Counts what else made the list old. */
  readonly changes: number;
}

type Open = { readonly is: "add" } | { readonly is: "change" | "ban" | "remove" | "lift"; readonly member: MemberRow };

/** Who belongs to a room and who is shut out of it, and changes of it. */
export function RoomMembers({ base, room, changes: outside }: MembersProps) {
  const { t } = useTranslation();
  const { api, may } = useSession();
  const { open, show, close, changes, changed } = useOpenDialog<Open>();
  const members = `${base}/members`;
  const load = usePagesOf(memberShape, members, changes + outside);
  const columns: Column<MemberRow>[] = [
    personColumn(t("room.person")),
    {
      key: "affiliation",
      title: t("room.affiliation"),
      text: ({ affiliation }) => t(`room.affiliations.${affiliation}`),
      cell: ({ affiliation }) => <span className="tag">{t(`room.affiliations.${affiliation}`)}</span>,
    },
    { key: "nick", title: t("room.nick"), text: ({ nick }) => nick ?? "–" },
    { key: "reason", title: t("ui.reason"), text: ({ reason }) => reason ?? "–" },
  ];
  const actionsFor = ({ affiliation }: MemberRow) => {
    if (affiliation === "outcast") return ["lift"] as const;
    const above = affiliation === "owner" || affiliation === "admin";
    return above && !may("rooms:change") ? [] : (["change", "ban", "remove"] as const);
  };
  return (
    <div className="card">
      <div className="page-head">
        <h2>{t("room.members")}</h2>
        {may("rooms:moderate") ? (
          <Button label={`${t("room.addMember")}: ${t("room.members")}`} onClick={() => show({ is: "add" })}>
            {t("room.addMember")}
          </Button>
        ) : null}
      </div>
      <DataTable
        caption={t("room.members")}
        columns={columns}
        load={load}
        rowKey={({ jid }) => jid}
        searchable
        filters={[
          {
            name: "affiliation",
            label: t("room.affiliation"),
            choices: affiliations.map((value) => ({ value, label: t(`room.affiliations.${value}`) })),
          },
        ]}
        exportAs="members"
        empty={<Empty title={t("room.noMembers")} />}
        rowActions={
          may("rooms:moderate")
            ? (member) =>
                actionsFor(member).map((what) => {
                  const action = what === "change" ? t("ui.change") : t(`room.${what}`);
                  return (
                    <Button
                      key={what}
                      label={`${action}: ${nameOf(member)}`}
                      onClick={() => show({ is: what, member })}
                    >
                      {action}
                    </Button>
                  );
                })
            : undefined
        }
      />
      {open?.is === "add" || open?.is === "change" ? (
        <RoomMemberDialog
          members={members}
          room={room}
          member={open.is === "change" ? open.member : undefined}
          onClose={close}
          onDone={changed}
        />
      ) : null}
      {open?.is === "ban" || open?.is === "remove" || open?.is === "lift" ? (
        <ConfirmDialog
          title={t(`room.${open.is}Title`, { name: nameOf(open.member) })}
          text={t(`room.${open.is}Text`)}
          action={t(`room.${open.is}`)}
          danger={open.is !== "lift"}
          onClose={close}
          onConfirm={async (reason) => {
            const at = `${members}${path`/${open.member.jid}`}`;
            const name = nameOf(open.member);
            if (open.is === "remove" || open.is === "lift") {
              await api.send("DELETE", at, { reason });
              changed(t(open.is === "lift" ? "room.lifted" : "room.removed", { name }));
            } else {
              await api.send("PUT", at, { reason, body: { affiliation: "outcast" } });
              changed(t("room.memberChanged", { name, affiliation: t("room.affiliations.outcast") }));
            }
          }}
        />
      ) : null}
    </div>
  );
}
