/** How fast a link may send, and how long it leaves a far side alone that fails. */

/** A token bucket: `burst` at once, then `perSecond`. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export interface Bucket {
  readonly tokens: number;
  /** Milliseconds of the clock when `tokens` was true. */
  readonly at: number;
}

export const fullBucket = (rate: Rate, now: number): Bucket => ({ tokens: rate.burst, at: now });

/** Takes up to `want` tokens; with none granted, `waitMs` says when to ask again. A clock that goes back gives none. */
export function takeTokens(
  bucket: Bucket,
  rate: Rate,
  now: number,
  want: number,
): { readonly bucket: Bucket; readonly granted: number; readonly waitMs: number } {
  const refill = (Math.max(0, now - bucket.at) / 1_000) * rate.perSecond;
  const tokens = Math.min(rate.burst, bucket.tokens + refill);
  const granted = Math.min(want, Math.floor(tokens));
  const left = tokens - granted;
  const waitMs = granted > 0 ? 0 : Math.ceil(((1 - left) / rate.perSecond) * 1_000);
  return { bucket: { tokens: left, at: now }, granted, waitMs };
}

/** The circuit of a link: closed while `failures` is below the limit, else open until the wait is over. */
export interface Circuit {
  readonly failures: number;
}

export const CLOSED: Circuit = { failures: 0 };

/** A connection that lived so long ends a row of failures: one that is refused or kicked at once does not. */
const STABLE_MS = 60_000;
const OPEN_AFTER = 6;
const FIRST_WAIT_MS = 1_000;
const OPEN_WAIT_MS = 300_000;

/**
 * What a failure means: the wait doubles from about a second, with jitter so that many links do not come back at once;
 * after six in a row, or at once for a failure that needs a person, the circuit opens and is tried every five minutes.
 * `random` lies in [0, 1).
 */
export function afterFailure(
  circuit: Circuit,
  failure: { readonly livedMs: number; readonly permanent: boolean; readonly retryAfterMs: number | undefined },
  random: number,
): { readonly circuit: Circuit; readonly waitMs: number; readonly open: boolean } {
  const before = failure.livedMs >= STABLE_MS ? 0 : circuit.failures;
  const failures = failure.permanent ? Math.max(OPEN_AFTER, before + 1) : before + 1;
  const open = failures >= OPEN_AFTER;
  const wait = open ? OPEN_WAIT_MS : FIRST_WAIT_MS * 2 ** (failures - 1);
  return { circuit: { failures }, waitMs: Math.max(failure.retryAfterMs ?? 0, wait * (0.5 + random)), open };
}
