import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";

export const tenantShape = z.object({
  id: z.string(),
  domain: z.string(),
  name: z.string(),
  contact: z.string(),
  deputy: z.string(),
  status: z.enum(["active", "suspended", "closing", "closed"]),
  quotas: z.record(z.string(), z.optional(z.number())),
  limits: z.record(z.string(), z.number()),
  partners: z.array(z.string()),
  federatesWith: z.array(z.string()),
  createdAt: z.string(),
  version: z.number(),
});
export const quotaNames = ["people", "rooms", "storageBytes", "links", "messagesPerMinute"] as const;
export type TenantRow = z.infer<typeof tenantShape>;

interface TenantDialogProps {
  /** Absent: a new one. */
  readonly tenant: TenantRow | undefined;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Opens a tenant, or changes its name and contacts. */
export function TenantDialog({ tenant, onClose, onDone }: TenantDialogProps) {
  const { t } = useTranslation();
  const { api } = useSession();
  const labelOf = (name: (typeof quotaNames)[number]) => {
    const label = t(`tenant.quotaNames.${name}`);
    return name === "storageBytes" ? t("tenant.inBytes", { name: label }) : label;
  };
  const save = async (values: FormData) => {
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const own = quotaNames.map((name) => [name, text(name)] as const).filter(([, value]) => value !== "");
    const quotas = Object.fromEntries(own.map(([name, value]) => [name, Number(value)]));
    const common = { name: text("name"), contact: text("contact"), deputy: text("deputy"), quotas };
    if (tenant) {
      const body = { ...common, version: tenant.version };
      await api.send("PUT", path`/tenants/${tenant.id}`, { body });
    } else {
      await api.send("POST", "/tenants", { body: { ...common, id: text("id"), domain: text("domain") } });
    }
    onDone();
    onClose();
  };
  return (
    <Dialog title={tenant ? t("tenants.changeOne", { name: tenant.name }) : t("tenants.create")} onClose={onClose}>
      <Form submit={t("ui.save")} onSubmit={save} extra={<Button onClick={onClose}>{t("ui.cancel")}</Button>}>
        {tenant ? null : (
          <>
            <TextField
              name="id"
              label={t("tenants.id")}
              hint={t("tenants.idHint")}
              required
              maxLength={63}
              pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?"
            />
            <TextField
              name="domain"
              label={t("tenants.domain")}
              hint={t("tenants.domainHint")}
              required
              maxLength={200}
            />
          </>
        )}
        <TextField name="name" label={t("tenants.name")} required maxLength={200} defaultValue={tenant?.name} />
        <TextField
          name="contact"
          label={t("tenants.contact")}
          required
          maxLength={200}
          defaultValue={tenant?.contact}
        />
        <TextField name="deputy" label={t("tenants.deputy")} required maxLength={200} defaultValue={tenant?.deputy} />
        <fieldset>
          <legend>{t("tenant.quotas")}</legend>
          <p className="hint">{t("tenant.quotasHint")}</p>
          {quotaNames.map((name) => (
            <TextField
              key={name}
              name={name}
              type="number"
              min={0}
              label={labelOf(name)}
              defaultValue={tenant?.quotas[name]}
            />
          ))}
        </fieldset>
      </Form>
    </Dialog>
  );
}
