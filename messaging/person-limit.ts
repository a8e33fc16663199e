import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import { newMinute } from "./core-minute.ts";

/** How often one person may do what reaches others outside a room, or what is stored, within a minute. In memory. */
export interface PersonLimit {
  /** Throws `too-many` with `retryAfterSeconds` when the minute is full; then nothing is counted. */
  count(bare: string, times: number): void;
}

/** People who did something lately; beyond that the quiet ones are forgotten. */
const KEPT = 10_000;

export function personLimit(perMinute: number, clock: Clock): PersonLimit {
  const people = new Map<string, ReturnType<typeof newMinute>>();
  return {
    count: (bare, times) => {
      const now = clock();
      if (people.size >= KEPT) {
        for (const [each, minute] of people) if (minute.used(now) === 0) people.delete(each);
      }
      const minute = people.get(bare) ?? newMinute();
      people.set(bare, minute);
      if (minute.used(now) + times > perMinute) {
        throw new KontorError("too-many", `At most ${perMinute} of these a minute: go on in a minute`, {
          limit: perMinute,
          retryAfterSeconds: 60,
        });
      }
      for (let n = 0; n < times; n += 1) minute.take(perMinute, now);
    },
  };
}
