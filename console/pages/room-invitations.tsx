import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { usePagesOf } from "../api/pages-of.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { useFormats } from "../ui/formats.ts";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { invitationStates, type RoomInvitation, roomInvitationShape } from "./room.ts";
import { nameOf, personColumn } from "./room-person.tsx";

interface InvitationsProps {
  /** Path of the room. */
  readonly base: string;
  /** Counts what else made the list old. */
  readonly changes: number;
  /** One was taken back, maybe with a membership. */
  readonly onWithdrawn: () => void;
}

/** What the conditions mean (RFC 6120 8.3.3) with which servers send invitations back. */
const failures = {
  gone: "unknown",
  "item-not-found": "unknown",
  "recipient-unavailable": "unknown",
  "service-unavailable": "unknown",
  "remote-server-not-found": "away",
  "remote-server-timeout": "away",
  forbidden: "refused",
  "not-acceptable": "refused",
  "not-allowed": "refused",
  "not-authorized": "refused",
  "policy-violation": "refused",
} as const;
const known = (problem: string): problem is keyof typeof failures => Object.hasOwn(failures, problem);

/** Who was invited into a room by whom, and what became of it; one that waits is taken back. */
export function RoomInvitations({ base, changes: outside, onWithdrawn }: InvitationsProps) {
  const { t } = useTranslation();
  const { time } = useFormats();
  const { api } = useSession();
  const { open, show, close, changes, changed } = useOpenDialog<RoomInvitation>();
  const load = usePagesOf(roomInvitationShape, `${base}/invitations`, changes + outside);
  const answerOf = ({ state, answer, problem }: RoomInvitation) => {
    if (state !== "failed") return answer ?? "–";
    const why = problem !== null && known(problem) ? failures[problem] : "other";
    return t(`roomInvitations.failed.${why}`, { problem: problem ?? "–" });
  };
  const inviterOf = ({ inviter, inviterName }: RoomInvitation) =>
    inviterName ?? (inviter.includes("@") ? inviter : t("roomInvitations.program", { name: inviter }));
  const columns: Column<RoomInvitation>[] = [
    personColumn(t("roomInvitations.person")),
    { key: "inviter", title: t("roomInvitations.inviter"), text: inviterOf },
    { key: "at", title: t("roomInvitations.at"), text: ({ at }) => time(at) },
    {
      key: "state",
      title: t("roomInvitations.state"),
      text: ({ state }) => t(`roomInvitations.states.${state}`),
      cell: ({ state, answeredAt }) => (
        <>
          <span className="tag">{t(`roomInvitations.states.${state}`)}</span>{" "}
          {answeredAt === null ? null : <span className="soft">{time(answeredAt)}</span>}
        </>
      ),
    },
    { key: "answer", title: t("roomInvitations.answer"), text: answerOf },
  ];
  return (
    <div className="card">
      <div className="page-head">
        <h2>{t("roomInvitations.title")}</h2>
        <Button label={`${t("room.reload")}: ${t("roomInvitations.title")}`} onClick={() => changed()}>
          {t("room.reload")}
        </Button>
      </div>
      <DataTable
        caption={t("roomInvitations.title")}
        columns={columns}
        load={load}
        rowKey={({ jid }) => jid}
        filters={[
          {
            name: "state",
            label: t("roomInvitations.state"),
            choices: invitationStates.map((value) => ({ value, label: t(`roomInvitations.states.${value}`) })),
          },
        ]}
        exportAs="invitations"
        empty={<Empty title={t("roomInvitations.none")} />}
        rowActions={(invitation) =>
          invitation.state === "pending" ? (
            <Button label={`${t("roomInvitations.withdraw")}: ${nameOf(invitation)}`} onClick={() => show(invitation)}>
              {t("roomInvitations.withdraw")}
            </Button>
          ) : null
        }
      />
      {open === undefined ? null : (
        <ConfirmDialog
          title={t("roomInvitations.withdrawTitle", { name: nameOf(open) })}
          text={t("roomInvitations.withdrawText")}
          action={t("roomInvitations.withdraw")}
          danger
          onClose={close}
          onConfirm={async (reason) => {
            await api.send("DELETE", `${base}${path`/invitations/${open.jid}`}`, { reason });
            changed(t("roomInvitations.withdrawn", { name: nameOf(open) }));
            onWithdrawn();
          }}
        />
      )}
    </div>
  );
}
