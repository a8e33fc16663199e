import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchFile, path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { saveFile } from "../ui/save-text.ts";
import type { TenantRow } from "./tenant-dialog.tsx";

type Step = "suspend" | "resume" | "close";

/** What may be done next with a tenant of a status. */
const stepsOf: Readonly<Record<TenantRow["status"], readonly Step[]>> = {
  active: ["suspend", "close"],
  suspended: ["resume", "close"],
  closing: [],
  closed: [],
};

interface StepsProps {
  readonly tenant: TenantRow;
  readonly onChanged: (text: string) => void;
}

/** How a tenant stands, the steps of its life with what they mean, and what it takes along. */
export function TenantSteps({ tenant, onChanged }: StepsProps) {
  const { t } = useTranslation();
  const { api, mayIn } = useSession();
  const [open, setOpen] = useState<Step | "export">();
  const { id, name, status } = tenant;
  const close = () => setOpen(undefined);
  const steps = stepsOf[status].filter((step) => mayIn(step === "close" ? "tenant:close" : "tenant:suspend", id));
  return (
    <section className="card" aria-labelledby="tenant-steps">
      <h2 id="tenant-steps">{t("tenant.steps")}</h2>
      <p>
        <span className="tag">{t(`tenants.statuses.${status}`)}</span> {t(`tenant.stepsText.${status}`)}
      </p>
      <div className="actions">
        {mayIn("tenant:export", id) ? (
          <Button onClick={() => setOpen("export")}>{t("tenant.export.action")}</Button>
        ) : null}
        {steps.map((step) => (
          <Button
            key={step}
            kind={step === "close" ? "danger" : "plain"}
            label={`${t(`tenants.${step}.action`)}: ${name}`}
            onClick={() => setOpen(step)}
          >
            {t(`tenants.${step}.action`)}
          </Button>
        ))}
      </div>
      {open === "export" ? (
        <ConfirmDialog
          title={t("tenant.export.title", { name })}
          text={t("tenant.export.text")}
          action={t("tenant.export.action")}
          onClose={close}
          onConfirm={async (reason) => {
            saveFile(`tenant-${id}.ndjson`, await fetchFile(path`/tenants/${id}/export`, reason));
            close();
            onChanged(t("tenant.export.done"));
          }}
        />
      ) : null}
      {open && open !== "export" ? (
        <ConfirmDialog
          title={t(`tenants.${open}.title`, { name })}
          text={open === "close" ? t("tenant.closeText") : t(`tenants.${open}.text`)}
          action={t(`tenants.${open}.action`)}
          danger={open !== "resume"}
          onClose={close}
          onConfirm={async (reason) => {
            await api.send("POST", `${path`/tenants/${id}/`}${open}`, { reason });
            close();
            onChanged(t(`tenants.${open}.done`, { name }));
          }}
        />
      ) : null}
    </section>
  );
}
