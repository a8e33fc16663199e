import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ReasonField, SelectField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import type { OccupantRow } from "./room.ts";
import { insideRoles } from "./room-settings.ts";

interface RoleDialogProps {
  /** Path of the room. */
  readonly base: string;
  readonly occupant: OccupantRow;
  readonly onClose: () => void;
  readonly onDone: (said: string) => void;
}

/** Gives or takes the voice of somebody inside, or makes him a moderator. */
export function RoomRoleDialog({ base, occupant, onClose, onDone }: RoleDialogProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const save = async (values: FormData) => {
    const role = insideRoles.find((each) => each === values.get("role")) ?? occupant.role;
    const reason = String(values.get("reason") ?? "").trim();
    await api.send("PUT", `${base}${path`/occupants/${occupant.occupantId}/role`}`, { reason, body: { role } });
    onDone(t("room.roleChanged", { name: occupant.nick, role: t(`room.roleOf.${role}`) }));
  };
  return (
    <Dialog title={t("room.roleTitle", { name: occupant.nick })} onClose={onClose}>
      <p>{t("room.roleText")}</p>
      <Form submit={t("ui.save")} onSubmit={save} extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}>
        <SelectField
          name="role"
          label={t("room.insideRole")}
          required
          choices={insideRoles.map((value) => ({ value, label: t(`room.roleOf.${value}`) }))}
          defaultValue={occupant.role}
        />
        <ReasonField />
      </Form>
    </Dialog>
  );
}
