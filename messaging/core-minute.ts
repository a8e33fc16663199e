/** How much came within the last minute, and whether more may. Pure: the time is given. */

const SECONDS = 60;

/**
 * A sliding window of a minute, in steps of a second. It costs a look at one number for each message, however many the
 * limit lets through, and 61 numbers for each tenant.
 */
export interface Minute {
  /** Takes one more unless `limit` is reached: undefined, or the whole seconds after which one would be taken again. */
  take(limit: number, now: number): number | undefined;
  /** What was taken within the last minute. */
  used(now: number): number;
}

/** A window in which nothing was taken yet. Times are milliseconds; one that goes back counts as standing still. */
export function newMinute(): Minute {
  // One more than a minute has: the running second and the one that began a minute ago are both counted in part, so
  // that no span of 60 seconds, wherever it begins, ever holds more than the limit.
  const slots = new Array<number>(SECONDS + 1).fill(0);
  let second = 0;
  let sum = 0;

  const slotOf = (at: number) => at % slots.length;
  const moveTo = (now: number): void => {
    const to = Math.max(second, Math.floor(now / 1_000));
    for (let at = Math.max(second + 1, to - SECONDS); at <= to; at += 1) {
      sum -= slots[slotOf(at)] ?? 0;
      slots[slotOf(at)] = 0;
    }
    second = to;
  };

  /** Whole seconds until so much has left the window that one more fits. */
  const wait = (limit: number, now: number): number => {
    let left = sum;
    for (let oldest = second - SECONDS; oldest <= second; oldest += 1) {
      left -= slots[slotOf(oldest + slots.length)] ?? 0;
      const free = (oldest + slots.length) * 1_000 - Math.max(now, second * 1_000);
      if (left < limit) return Math.max(1, Math.ceil(free / 1_000));
    }
    // A limit of nothing: a minute is as good an answer as any.
    return SECONDS;
  };

  return {
    take: (limit, now) => {
      moveTo(now);
      if (sum >= limit) return wait(limit, now);
      slots[slotOf(second)] = (slots[slotOf(second)] ?? 0) + 1;
      sum += 1;
      return undefined;
    },
    used: (now) => {
      moveTo(now);
      return sum;
    },
  };
}
