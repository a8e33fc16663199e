import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { AreaField, CheckField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";

interface NewRoomProps {
  /** Path of the tenant. */
  readonly base: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Adds a room: what one sets at once; its page has the rest. */
export function NewRoomDialog({ base, onClose, onDone }: NewRoomProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const save = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const title = text("title");
    const config = {
      ...(title === "" ? {} : { title }),
      description: text("description"),
      membersOnly: values.has("membersOnly"),
      listed: values.has("listed"),
    };
    await api.send("POST", `${base}/rooms`, { body: { name: text("name").toLowerCase(), config } });
    onDone();
  };
  return (
    <Dialog title={t("rooms.create")} onClose={onClose}>
      <Form submit={t("ui.save")} onSubmit={save} extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}>
        <TextField
          name="name"
          label={t("rooms.name")}
          hint={t("rooms.nameHint")}
          required
          maxLength={100}
          autoComplete="off"
        />
        <TextField name="title" label={t("room.settings.title")} maxLength={200} autoComplete="off" />
        <AreaField name="description" label={t("room.settings.description")} maxLength={1_000} />
        <CheckField name="membersOnly" label={t("room.settings.membersOnly")} />
        <CheckField name="listed" label={t("room.settings.listed")} defaultChecked />
      </Form>
    </Dialog>
  );
}
