/** When a webhook is told again, and when no more. Pure. */

/** Why a delivery was not taken; `status`: the receiver's answer says so. */
export const problems = [
  "not-https",
  "local-address",
  "unreachable",
  "timeout",
  "too-large",
  "status",
  "secret-lost",
] as const;
export type Problem = (typeof problems)[number];

/** What came of a delivery. */
export interface Outcome {
  /** Of the receiver's answer; null: there was none. */
  readonly status: number | null;
  /** Null: it was taken. */
  readonly problem: Problem | null;
  /** The receiver asks to be left alone for so long. */
  readonly retryAfterMs: number | null;
}

export const offReasons = ["switched-off", "gone", "failing"] as const;
export type OffReason = (typeof offReasons)[number];

/** A row of failures. */
export interface Trouble {
  readonly failures: number;
  /** Of the first one, ms since 1970; null: the last delivery was taken. */
  readonly since: number | null;
}
export const noTrouble: Trouble = { failures: 0, since: null };

export interface Step {
  readonly trouble: Trouble;
  readonly waitMs: number;
  /** Null: it goes on. */
  readonly off: Exclude<OffReason, "switched-off"> | null;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 3_600_000;
const LONGEST_RETRY_AFTER_MS = 86_400_000;
export const GIVE_UP_MS = 3 * 86_400_000;

/**
 * What follows from a delivery at `now`: one that was taken is followed by the next after a second; else the wait doubles
 * from a second to an hour, shortened by up to a fifth so that many do not come back at once, or is what the receiver asks
 * for, a day at most. A receiver that is gone (410) is left alone at once, another after three days without success.
 * `random` lies in [0, 1).
 */
export function afterDelivery(trouble: Trouble, outcome: Outcome, now: number, random: number): Step {
  if (outcome.problem === null) return { trouble: noTrouble, waitMs: FIRST_WAIT_MS, off: null };
  const failures = trouble.failures + 1;
  const since = trouble.since ?? now;
  const doubled = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 20));
  const wait = Math.max(FIRST_WAIT_MS, doubled * (1 - random / 5));
  const asked = Math.min(LONGEST_RETRY_AFTER_MS, outcome.retryAfterMs ?? 0);
  const off = outcome.status === 410 ? "gone" : now - since >= GIVE_UP_MS ? "failing" : null;
  return { trouble: { failures, since }, waitMs: Math.max(wait, asked), off };
}

/** RFC 9110 10.2.3: seconds or a date; null for what is neither, and for what is over. */
export function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = /^[A-Z][a-z]{2},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) || at <= now ? null : at - now;
}
