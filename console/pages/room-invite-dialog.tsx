import { useState } from "react";
import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { AreaField, ReasonField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { FieldErrors } from "../ui/form-errors.ts";
import { PersonSearch } from "../ui/person-search.tsx";
import { domainOf, type RoomRow } from "./room.ts";

interface InviteDialogProps {
  /** Path of the room. */
  readonly base: string;
  readonly room: RoomRow;
  readonly onClose: () => void;
  readonly onDone: (said: string) => void;
}

/** Invites people, found by name or written by address. */
export function RoomInviteDialog({ base, room, onClose, onDone }: InviteDialogProps) {
  const { t } = useTranslation();
  const { api, tenant, may } = useSession();
  const [chosen, setChosen] = useState<readonly { readonly jid: string; readonly name: string }[]>([]);
  const send = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const written = text("jids").split(/[\s,;]+/);
    const invite = [...new Set([...chosen.map(({ jid }) => jid), ...written])].filter((jid) => jid !== "");
    if (invite.length === 0) throw new FieldErrors({ jids: t("room.inviteNobody") });
    await api.send("POST", `${base}/invitations`, { reason: text("reason"), body: { invite } });
    onDone(t("room.invited", { count: invite.length }));
  };
  return (
    <Dialog title={t("room.inviteTitle", { name: room.title })} onClose={onClose}>
      <p>{t(room.membersOnly ? "room.inviteMembers" : "room.inviteText")}</p>
      {may("person:read") ? (
        <PersonSearch
          people={path`/tenants/${tenant}/people`}
          label={t("room.findPerson")}
          action={t("room.take")}
          onChoose={({ localpart, name }) => {
            const jid = `${localpart}@${domainOf(room)}`;
            setChosen((before) => [...before.filter((each) => each.jid !== jid), { jid, name }]);
          }}
        />
      ) : null}
      {chosen.length === 0 ? null : (
        <ul className="picked">
          {chosen.map(({ jid, name }) => (
            <li key={jid}>
              <span>
                {name} <span className="soft">{jid}</span>
              </span>
              <Button
                label={`${t("room.leaveOut")}: ${name}`}
                onClick={() => setChosen((before) => before.filter((each) => each.jid !== jid))}
              >
                {t("room.leaveOut")}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Form submit={t("room.invite")} onSubmit={send} extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}>
        <AreaField name="jids" label={t("room.inviteJids")} hint={t("room.inviteJidsHint")} maxLength={5_000} />
        <ReasonField hint={t("room.inviteReason")} />
      </Form>
    </Dialog>
  );
}
