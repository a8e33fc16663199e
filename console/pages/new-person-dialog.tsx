import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { invitationShape } from "./person.ts";

const made = z.object({ invitation: z.nullable(invitationShape) });

interface NewPersonProps {
  /** Path of the tenant's people. */
  readonly base: string;
  readonly onClose: () => void;
  /** Gets the link of the invitation, where no password was given. */
  readonly onDone: (link: string | undefined) => void;
}

/** Adds a person: with a password, or with a link by which the person sets one. */
export function NewPersonDialog({ base, onClose, onDone }: NewPersonProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const save = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const password = String(values.get("password") ?? "");
    const body = {
      localpart: text("localpart"),
      name: text("name"),
      email: text("email") || null,
      ...(password === "" ? {} : { password }),
    };
    const answer = await api.send("POST", base, { body });
    onDone(made.parse(answer.body).invitation?.link);
  };
  return (
    <Dialog title={t("people.create")} onClose={onClose}>
      <Form submit={t("ui.save")} onSubmit={save} extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}>
        <TextField
          name="localpart"
          label={t("people.localpart")}
          hint={t("people.localpartHint")}
          required
          maxLength={255}
          autoComplete="off"
        />
        <TextField name="name" label={t("people.name")} required maxLength={200} autoComplete="off" />
        <TextField name="email" type="email" label={t("people.email")} maxLength={254} autoComplete="off" />
        <TextField
          name="password"
          type="password"
          label={t("people.password")}
          hint={t("people.passwordHint")}
          maxLength={1000}
          autoComplete="new-password"
        />
      </Form>
    </Dialog>
  );
}
