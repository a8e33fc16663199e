/** One delivery, as Standard Webhooks has it: signed, over HTTPS, with an answer within seconds. */
import { Webhook } from "standardwebhooks";
import { fetchOutbound, OutboundError } from "../../platform/outbound.ts";
import { type Outcome, readRetryAfter } from "./core-pace.ts";

export interface Delivery {
  readonly url: string;
  /** One signature for each. */
  readonly secrets: readonly string[];
  readonly id: string;
  readonly type: string;
  readonly data: object;
}

/** For all of a delivery. */
export const DELIVERY_MS = 10_000;
/** An answer is read to its end and thrown away. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Delivers, and says what came of it; never throws for what the receiver does. */
export async function deliver(delivery: Delivery, allowLocal: boolean, clock: () => number): Promise<Outcome> {
  const at = new Date(clock());
  const body = JSON.stringify({ type: delivery.type, timestamp: at.toISOString(), data: delivery.data });
  const signatures = delivery.secrets.map((secret) => new Webhook(secret).sign(delivery.id, at, body));
  const headers = {
    "content-type": "application/json",
    "user-agent": "Kontor-Webhooks",
    "webhook-id": delivery.id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": signatures.join(" "),
  };
  const bounds = { allowLocal, timeoutMs: DELIVERY_MS, maxBytes: MAX_ANSWER_BYTES };
  try {
    const {
      status,
      headers: answer,
      ok,
    } = await fetchOutbound(delivery.url, { method: "POST", headers, body }, bounds);
    const retryAfterMs = ok ? null : readRetryAfter(answer.get("retry-after"), clock());
    return { status, problem: ok ? null : "status", retryAfterMs };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return { status: null, problem: error.reason, retryAfterMs: null };
  }
}
