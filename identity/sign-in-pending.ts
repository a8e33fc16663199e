import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import { equalSecrets, hashToken } from "../platform/secrets.ts";

/** Sign-ins that are on their way through a provider: in Redis, for one use, by the browser that began them. */

export const PENDING_MS = 600_000;

const stored = z.object({
  tenant: z.string(),
  /** Which settings of the provider it began under. */
  stamp: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  browserHash: z.string(),
});
type Pending = Omit<z.infer<typeof stored>, "browserHash">;

/** What goes out: `state` through the provider, `browser` into a cookie. */
interface PendingIds {
  readonly state: string;
  readonly browser: string;
}

const keyOf = (state: string): string => `kontor:oidc:${hashToken(state)}`;
/** What `state` and the cookie look like. */
const pendingId = /^[\w-]{43}$/;

export async function addPending(redis: Redis, pending: Pending): Promise<PendingIds> {
  const state = randomBytes(32).toString("base64url");
  const browser = randomBytes(32).toString("base64url");
  const value = JSON.stringify({ ...pending, browserHash: hashToken(browser) });
  await redis.set(keyOf(state), value, "PX", PENDING_MS);
  return { state, browser };
}

/** Takes it away, whoever asks: a second use finds nothing. */
export async function takePending(
  redis: Redis,
  state: string,
  browser: string | undefined,
): Promise<Pending | "expired" | "other-browser"> {
  const text = pendingId.test(state) ? await redis.getdel(keyOf(state)) : null;
  if (text === null) return "expired";
  const { browserHash, ...pending } = stored.parse(JSON.parse(text));
  return browser !== undefined && equalSecrets(hashToken(browser), browserHash) ? pending : "other-browser";
}
