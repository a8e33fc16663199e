import { useTranslation } from "react-i18next";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { SelectField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { useRosterGroups } from "./use-roster-groups.ts";
import type { Webhook } from "./webhook.ts";

interface WebhookDialogProps {
  /** Undefined: a new one is made. */
  readonly webhook: Webhook | undefined;
  readonly save: (wish: { readonly url: string; readonly group: string | null }) => Promise<void>;
  readonly onClose: () => void;
}

const EVERYBODY = "everybody";

/** Where a webhook leads, and of whom it tells. */
export function WebhookDialog({ webhook, save, onClose }: WebhookDialogProps) {
  const { t } = useTranslation();
  const known = useRosterGroups();
  const chosen = webhook?.group ?? null;
  // The group of now may be one that is not shown in contact lists any more.
  const groups = chosen && !known.some(({ id }) => id === chosen.id) ? [chosen, ...known] : known;
  const choices = [
    { value: EVERYBODY, label: t("presenceWebhooks.everybody") },
    ...groups.map(({ id, name }) => ({ value: id, label: name ?? t("presenceWebhooks.goneGroup") })),
  ];
  return (
    <Dialog title={t(webhook ? "presenceWebhooks.changeTitle" : "presenceWebhooks.create")} onClose={onClose}>
      {webhook ? <p>{t("presenceWebhooks.changeText")}</p> : null}
      <Form
        submit={t("ui.save")}
        extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}
        onSubmit={(values) => {
          const group = String(values.get("group") ?? EVERYBODY);
          return save({ url: String(values.get("url") ?? "").trim(), group: group === EVERYBODY ? null : group });
        }}
      >
        <TextField
          name="url"
          label={t("presenceWebhooks.url")}
          hint={t("presenceWebhooks.urlHint")}
          required
          maxLength={500}
          autoComplete="off"
          defaultValue={webhook?.url ?? ""}
        />
        <SelectField
          name="group"
          label={t("presenceWebhooks.group")}
          hint={t("presenceWebhooks.groupHint")}
          required
          choices={choices}
          defaultValue={chosen?.id ?? EVERYBODY}
        />
      </Form>
    </Dialog>
  );
}
