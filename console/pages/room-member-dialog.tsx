import { useState } from "react";
import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ReasonField, SelectField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { PersonSearch } from "../ui/person-search.tsx";
import { affiliations, affiliationsByModerators, domainOf, type MemberRow, type RoomRow } from "./room.ts";

/** Somebody with a place in the room, or inside without one. */
type Tied = Pick<MemberRow, "jid" | "name" | "nick"> & { readonly affiliation: MemberRow["affiliation"] | "none" };

interface MemberDialogProps {
  /** Path of the room's members. */
  readonly members: string;
  readonly room: RoomRow;
  /** Absent: somebody new. */
  readonly member: Tied | undefined;
  readonly onClose: () => void;
  readonly onDone: (said: string) => void;
}

/** Gives somebody a place in a room, or another one. */
export function RoomMemberDialog({ members, room, member, onClose, onDone }: MemberDialogProps) {
  const { t } = useTranslation();
  const { api, tenant, may } = useSession();
  const [found, setFound] = useState("");
  const offered = may("rooms:change") ? affiliations : affiliationsByModerators;
  const save = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const jid = member?.jid ?? text("jid").toLowerCase();
    const chosen = affiliations.find((each) => each === text("affiliation")) ?? "member";
    const nick = text("nick");
    const body = { affiliation: chosen, ...(nick === "" ? {} : { nick }) };
    await api.send("PUT", `${members}${path`/${jid}`}`, { reason: text("reason"), body });
    onDone(t("room.memberChanged", { name: member?.name ?? jid, affiliation: t(`room.affiliations.${chosen}`) }));
  };
  return (
    <Dialog
      title={
        member ? t("room.changeTitle", { name: member.name ?? member.jid }) : t("room.addTitle", { name: room.title })
      }
      onClose={onClose}
    >
      {member || !may("person:read") ? null : (
        <PersonSearch
          people={path`/tenants/${tenant}/people`}
          label={t("room.findPerson")}
          action={t("room.take")}
          onChoose={({ localpart }) => setFound(`${localpart}@${domainOf(room)}`)}
        />
      )}
      <Form submit={t("ui.save")} onSubmit={save} extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}>
        {member ? null : (
          <TextField
            key={found}
            name="jid"
            label={t("room.jid")}
            hint={t("room.jidHint")}
            required
            maxLength={500}
            autoComplete="off"
            defaultValue={found}
          />
        )}
        <SelectField
          name="affiliation"
          label={t("room.affiliation")}
          required
          choices={offered.map((value) => ({ value, label: t(`room.affiliations.${value}`) }))}
          defaultValue={offered.find((each) => each === member?.affiliation) ?? "member"}
        />
        <TextField
          name="nick"
          label={t("room.nick")}
          maxLength={100}
          autoComplete="off"
          defaultValue={member?.nick ?? ""}
        />
        <ReasonField />
      </Form>
    </Dialog>
  );
}
