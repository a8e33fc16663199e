import { useState } from "react";
import { useTranslation } from "react-i18next";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { AreaField, TextField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { useToast } from "../ui/toast.tsx";
import { OwnEmergencies } from "./own-emergencies.tsx";

interface TakingProps {
  readonly tenant: string;
  readonly name: string;
}

/** Where an operator takes access to a tenant for an emergency, and gives it back. */
export function EmergencyTaking({ tenant, name }: TakingProps) {
  const { t } = useTranslation();
  const { api, renew, choose } = useSession();
  const toast = useToast();
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <section className="card" aria-labelledby="tenant-emergency">
      <h2 id="tenant-emergency">{t("emergency.title")}</h2>
      <p>{t("emergency.text")}</p>
      <OwnEmergencies only={tenant} />
      <Button kind="danger" onClick={() => setOpen(true)}>
        {t("emergency.take")}
      </Button>
      {open ? (
        <Dialog title={t("emergency.takeTitle", { name })} onClose={close}>
          <p>{t("emergency.warning")}</p>
          <Form
            submit={t("emergency.take")}
            kind="danger"
            extra={<Button onClick={close}>{t("ui.cancel")}</Button>}
            onSubmit={async (values) => {
              const reason = String(values.get("reason") ?? "").trim();
              const body = { reason, minutes: Number(values.get("minutes")) };
              await api.send("POST", path`/tenants/${tenant}/break-glass`, { body });
              close();
              toast(t("emergency.taken"));
              await renew();
              choose(tenant);
            }}
          >
            <AreaField name="reason" label={t("ui.reason")} hint={t("emergency.reasonHint")} required maxLength={500} />
            <TextField
              name="minutes"
              type="number"
              label={t("emergency.minutes")}
              hint={t("emergency.minutesHint")}
              required
              min={5}
              max={240}
              defaultValue={60}
            />
          </Form>
        </Dialog>
      ) : null}
    </section>
  );
}
