/** When something is tried again. Pure. */

const FIRST_MS = 500;
/** A server that comes back wakes us anyway; this is for what nobody tells. */
const LAST_MS = 60_000;

/** Milliseconds until the next attempt after so many (1 and more) failed ones. */
export function retryAfterMs(attempts: number): number {
  return Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 20));
}
