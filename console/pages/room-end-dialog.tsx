import { useTranslation } from "react-i18next";
import { queryText } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ReasonField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import type { RoomRow } from "./room.ts";

interface EndDialogProps {
  /** Path of the room. */
  readonly base: string;
  readonly room: RoomRow;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Ends a room for good: why, and where people go instead. */
export function RoomEndDialog({ base, room, onClose, onDone }: EndDialogProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const end = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const named = text("alternate").toLowerCase();
    // The id of another room will do.
    const alternate = named === "" || named.includes("@") ? named : `${named}${room.jid.slice(room.jid.indexOf("@"))}`;
    await api.send("DELETE", `${base}${queryText({ alternate })}`, { reason: text("reason") });
    onDone();
  };
  return (
    <Dialog title={t("room.destroyOne", { name: room.title })} onClose={onClose}>
      <p>{t("room.destroyText")}</p>
      <Form
        submit={t("room.destroy")}
        kind="danger"
        onSubmit={end}
        extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}
      >
        <TextField
          name="alternate"
          label={t("room.alternate")}
          hint={t("room.alternateHint")}
          maxLength={500}
          autoComplete="off"
        />
        <ReasonField hint={t("room.destroyReason")} />
      </Form>
    </Dialog>
  );
}
