import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { AreaField, ReasonField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import type { WholeRoom } from "./room.ts";

interface SubjectDialogProps {
  /** Path of the room. */
  readonly base: string;
  readonly room: WholeRoom;
  readonly onClose: () => void;
  readonly onDone: (said: string) => void;
}

/** Sets what a room talks about. */
export function RoomSubjectDialog({ base, room, onClose, onDone }: SubjectDialogProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const save = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    await api.send("PUT", `${base}/subject`, { reason: text("reason"), body: { subject: text("subject") } });
    onDone(t("ui.saved"));
  };
  return (
    <Dialog title={t("room.subjectTitle", { name: room.title })} onClose={onClose}>
      <Form submit={t("ui.save")} onSubmit={save} extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}>
        <AreaField
          name="subject"
          label={t("room.subject")}
          hint={t("room.subjectHint")}
          maxLength={1_000}
          defaultValue={room.subject ?? ""}
        />
        <ReasonField />
      </Form>
    </Dialog>
  );
}
