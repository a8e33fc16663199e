import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { path } from "../api/client.ts";
import { usePagesOf } from "../api/pages-of.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { useFormats } from "../ui/formats.ts";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty, Page } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { NewRoomDialog } from "./new-room-dialog.tsx";
import { type RoomRow, roomShape } from "./room.ts";
import { RoomNumbers } from "./room-numbers.tsx";

const states = ["open", "membersOnly", "locked", "ownerless"] as const;

/** The rooms of a tenant: what is going on in them, and the way to each. */
export function RoomsPage() {
  const { t } = useTranslation();
  const { number, time } = useFormats();
  const { tenant, may } = useSession();
  const { open, show, close, changes, changed } = useOpenDialog<"new">();
  const base = path`/tenants/${tenant}`;
  const load = usePagesOf(roomShape, `${base}/rooms`, changes);
  const known = (value: number | null) => (value === null ? "–" : number(value));
  const kindsOf = (room: RoomRow) =>
    [
      room.locked ? ("locked" as const) : undefined,
      room.membersOnly ? ("membersOnly" as const) : ("open" as const),
      room.moderated ? ("moderated" as const) : undefined,
      room.listed ? undefined : ("hidden" as const),
      room.persistent ? undefined : ("temporary" as const),
    ].flatMap((kind) => (kind ? [t(`rooms.kinds.${kind}`)] : []));
  const columns: Column<RoomRow>[] = [
    {
      key: "title",
      title: t("rooms.heading"),
      text: ({ title }) => title,
      cell: ({ name, title }) => <Link to={path`/rooms/${name}`}>{title}</Link>,
      sortable: true,
    },
    { key: "name", title: t("rooms.name"), text: ({ name }) => name, sortable: true },
    { key: "occupants", title: t("rooms.occupants"), text: ({ occupants }) => known(occupants) },
    { key: "messagesToday", title: t("rooms.messagesToday"), text: ({ messagesToday }) => number(messagesToday) },
    {
      key: "last",
      title: t("rooms.last"),
      text: ({ lastMessageAt }) => (lastMessageAt === null ? t("rooms.never") : time(lastMessageAt)),
    },
    {
      key: "kind",
      title: t("rooms.kind"),
      text: (room) => kindsOf(room).join(", "),
      cell: (room) =>
        kindsOf(room).map((kind) => (
          <span key={kind} className="tag">
            {kind}
          </span>
        )),
    },
  ];
  return (
    <Page
      title={t("rooms.title")}
      lead={t("rooms.lead")}
      actions={
        <>
          <Link to="/room-rules">{t("roomRules.link")}</Link>
          {may("rooms:change") ? (
            <Button kind="primary" onClick={() => show("new")}>
              {t("rooms.create")}
            </Button>
          ) : null}
        </>
      }
    >
      <RoomNumbers address={`${base}/room-statistics`} />
      <DataTable
        caption={t("rooms.title")}
        columns={columns}
        load={load}
        rowKey={({ name }) => name}
        searchable
        filters={[
          {
            name: "state",
            label: t("rooms.kind"),
            choices: states.map((value) => ({ value, label: t(`rooms.kinds.${value}`) })),
          },
        ]}
        exportAs="rooms"
        empty={
          <Empty title={t("rooms.empty")}>
            <p>{t("rooms.emptyText")}</p>
          </Empty>
        }
      />
      {open ? <NewRoomDialog base={base} onClose={close} onDone={() => changed(t("rooms.created"))} /> : null}
    </Page>
  );
}
