import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../api/session.tsx";
import { Button } from "../ui/button.tsx";
import { type Fact, Facts } from "../ui/facts.tsx";
import { useFormats } from "../ui/formats.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { problems, testShape, type Webhook } from "./webhook.ts";

export type WebhookTurn = "change" | "secret" | "off" | "delete";

interface WebhookCardProps {
  readonly webhook: Webhook;
  /** Its path. */
  readonly at: string;
  readonly onTurn: (turn: WebhookTurn) => void;
  readonly onSwitchOn: () => Promise<void>;
}

function problemText(t: TFunction, problem: string | null, status: number | null): string {
  const known = problems.find((each) => each === problem) ?? "other";
  return t(`presenceWebhooks.problems.${known}`, { status: status ?? "–" });
}

/** One webhook: how it goes, and what can be done with it. */
export function WebhookCard({ webhook, at, onTurn, onSwitchOn }: WebhookCardProps) {
  const { t } = useTranslation();
  const { time, exactTime } = useFormats();
  const { api } = useSession();
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const { id, url, group, state, offReason, failures, failingSince, nextAttemptAt, lastDelivery, formerSecretUntil } =
    webhook;
  const run = async (what: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    setSaid("");
    await what().catch(setError);
    setBusy(false);
  };
  const test = async () => {
    const { delivered, status, problem, milliseconds } = testShape.parse((await api.send("POST", `${at}/test`)).body);
    setSaid(
      delivered
        ? t("presenceWebhooks.tested", { status: status ?? "–", time: milliseconds })
        : t("presenceWebhooks.testFailed", { problem: problemText(t, problem, status) }),
    );
  };
  const reason = state === "off" && offReason ? ` (${t(`presenceWebhooks.offReasons.${offReason}`)})` : "";
  const last = () => {
    if (!lastDelivery) return t("presenceWebhooks.never");
    const { at: when, problem, status } = lastDelivery;
    if (problem === null) return t("presenceWebhooks.lastTaken", { at: exactTime(when) });
    return t("presenceWebhooks.lastRefused", { at: exactTime(when), problem: problemText(t, problem, status) });
  };
  const facts: Fact[] = [
    [t("presenceWebhooks.state"), `${t(`presenceWebhooks.states.${state}`)}${reason}`],
    [
      t("presenceWebhooks.group"),
      group === null ? t("presenceWebhooks.everybody") : (group.name ?? t("presenceWebhooks.goneGroup")),
    ],
    [t("presenceWebhooks.last"), last()],
    ...(failingSince
      ? [
          [
            t("presenceWebhooks.failingSince"),
            t("presenceWebhooks.failures", { count: failures, at: time(failingSince) }),
          ] as const,
        ]
      : []),
    ...(nextAttemptAt ? [[t("presenceWebhooks.next"), exactTime(nextAttemptAt)] as const] : []),
    ...(formerSecretUntil
      ? [[t("presenceWebhooks.former"), t("presenceWebhooks.formerUntil", { at: time(formerSecretUntil) })] as const]
      : []),
  ];
  const turn = (what: WebhookTurn) => (
    <Button label={`${t(`presenceWebhooks.actions.${what}`)}: ${url}`} onClick={() => onTurn(what)}>
      {t(`presenceWebhooks.actions.${what}`)}
    </Button>
  );
  return (
    <section className="card webhook" aria-labelledby={`webhook-${id}`}>
      <h2 id={`webhook-${id}`}>{url}</h2>
      <Facts of={facts} />
      {error === undefined ? null : <ProblemNote error={error} />}
      <p role="status">{said}</p>
      <div className="actions">
        <Button label={`${t("presenceWebhooks.actions.test")}: ${url}`} busy={busy} onClick={() => void run(test)}>
          {busy ? t("ui.busy") : t("presenceWebhooks.actions.test")}
        </Button>
        {turn("change")}
        {turn("secret")}
        {state === "off" ? (
          <Button label={`${t("presenceWebhooks.actions.on")}: ${url}`} onClick={() => void run(onSwitchOn)}>
            {t("presenceWebhooks.actions.on")}
          </Button>
        ) : (
          turn("off")
        )}
        {turn("delete")}
      </div>
    </section>
  );
}
