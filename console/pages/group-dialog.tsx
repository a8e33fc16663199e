import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { CheckField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import type { GroupRow } from "./group.ts";

interface GroupDialogProps {
  /** Path of the tenant's groups. */
  readonly base: string;
  /** Absent: a new one. */
  readonly group: GroupRow | undefined;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Adds a group, or changes its name and whether it is a roster. */
export function GroupDialog({ base, group, onClose, onDone }: GroupDialogProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const save = async (values: FormData) => {
    const body = { name: String(values.get("name") ?? "").trim(), roster: values.has("roster") };
    if (group) await api.send("PUT", `${base}${path`/${group.id}`}`, { body, version: group.version });
    else await api.send("POST", base, { body });
    onDone();
  };
  return (
    <Dialog title={group ? t("groups.changeOne", { name: group.name }) : t("groups.create")} onClose={onClose}>
      <Form submit={t("ui.save")} onSubmit={save} extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}>
        <TextField
          name="name"
          label={t("groups.name")}
          required
          maxLength={100}
          autoComplete="off"
          defaultValue={group?.name}
        />
        <CheckField name="roster" label={t("groups.rosterLong")} defaultChecked={group?.roster ?? false} />
      </Form>
    </Dialog>
  );
}
