import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { useOpenDialog } from "../ui/open-dialog.ts";
import { Empty, Page } from "../ui/page.tsx";
import { ProblemNote } from "../ui/problem-note.tsx";
import { SecretDialog } from "../ui/secret-dialog.tsx";
import { MOST_WEBHOOKS, type Webhook, webhooksShape, withSecretShape } from "./webhook.ts";
import { WebhookCard, type WebhookTurn } from "./webhook-card.tsx";
import { WebhookDialog } from "./webhook-dialog.tsx";

type Open =
  | { readonly is: "new" }
  | { readonly is: "shown"; readonly secret: string }
  | { readonly is: WebhookTurn; readonly webhook: Webhook };

/** What changes by itself is read anew this often. */
const LOOK_MS = 10_000;

/** Addresses that are told when the presence of a tenant's people changes. */
export function PresenceWebhooksPage() {
  const { t } = useTranslation();
  const { api, tenant } = useSession();
  const { open, show, close, changes, changed } = useOpenDialog<Open>();
  const [webhooks, setWebhooks] = useState<readonly Webhook[]>();
  const [error, setError] = useState<unknown>();
  const base = path`/tenants/${tenant}/presence-webhooks`;
  const at = ({ id }: Webhook) => `${base}${path`/${id}`}`;
  const read = useCallback(async () => {
    try {
      setWebhooks(webhooksShape.parse((await api.get(base)).body).webhooks);
      setError(undefined);
    } catch (problem) {
      setError(problem);
    }
  }, [api, base]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change makes them old
  useEffect(() => {
    void read();
    const timer = setInterval(() => void read(), LOOK_MS);
    return () => clearInterval(timer);
  }, [read, changes]);
  const shownOnce = (body: unknown) => changed(undefined, { is: "shown", secret: withSecretShape.parse(body).secret });
  return (
    <Page
      title={t("presenceWebhooks.title")}
      lead={t("presenceWebhooks.lead")}
      actions={
        <Button
          kind="primary"
          onClick={() => show({ is: "new" })}
          refused={(webhooks?.length ?? 0) >= MOST_WEBHOOKS ? t("presenceWebhooks.enough") : undefined}
        >
          {t("presenceWebhooks.create")}
        </Button>
      }
    >
      <p>
        <Link to="/presence-rules">{t("presenceWebhooks.rules")}</Link>
      </p>
      <p className="soft">{t("presenceWebhooks.visible")}</p>
      {error === undefined ? null : <ProblemNote error={error} retry={() => void read()} />}
      {webhooks || error !== undefined ? null : <p role="status">{t("ui.loading")}</p>}
      {webhooks?.length === 0 ? <Empty title={t("presenceWebhooks.empty")} /> : null}
      {webhooks?.map((webhook) => (
        <WebhookCard
          key={webhook.id}
          webhook={webhook}
          at={at(webhook)}
          onTurn={(is) => show({ is, webhook })}
          onSwitchOn={async () => {
            await api.send("PATCH", at(webhook), { body: { active: true } });
            changed(t("presenceWebhooks.isOn"));
          }}
        />
      ))}
      {open?.is === "new" ? (
        <WebhookDialog
          webhook={undefined}
          onClose={close}
          save={async (body) => shownOnce((await api.send("POST", base, { body })).body)}
        />
      ) : null}
      {open?.is === "change" ? (
        <WebhookDialog
          webhook={open.webhook}
          onClose={close}
          save={async (body) => {
            const { version } = open.webhook;
            await api.send("PATCH", at(open.webhook), { body, version });
            changed(t("ui.saved"));
          }}
        />
      ) : null}
      {open?.is === "shown" ? (
        <SecretDialog
          title={t("presenceWebhooks.secretTitle")}
          text={t("presenceWebhooks.secretText")}
          secret={open.secret}
          onClose={close}
        />
      ) : null}
      {open?.is === "secret" ? (
        <ConfirmDialog
          title={t("presenceWebhooks.rotateTitle")}
          text={t("presenceWebhooks.rotateText")}
          action={t("presenceWebhooks.actions.secret")}
          onClose={close}
          onConfirm={async (reason) =>
            shownOnce((await api.send("POST", `${at(open.webhook)}/secret`, { reason })).body)
          }
        />
      ) : null}
      {open?.is === "off" ? (
        <ConfirmDialog
          title={t("presenceWebhooks.offTitle")}
          text={t("presenceWebhooks.offText")}
          action={t("presenceWebhooks.actions.off")}
          onClose={close}
          onConfirm={async (reason) => {
            await api.send("PATCH", at(open.webhook), { reason, body: { active: false } });
            changed(t("presenceWebhooks.isOff"));
          }}
        />
      ) : null}
      {open?.is === "delete" ? (
        <ConfirmDialog
          title={t("presenceWebhooks.deleteTitle")}
          text={t("presenceWebhooks.deleteText")}
          action={t("presenceWebhooks.actions.delete")}
          danger
          onClose={close}
          onConfirm={async (reason) => {
            await api.send("DELETE", at(open.webhook), { reason });
            changed(t("presenceWebhooks.deleted"));
          }}
        />
      ) : null}
    </Page>
  );
}
