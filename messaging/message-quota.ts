import type { Quotas } from "../identity/core-quota.ts";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import { newMinute } from "./core-minute.ts";

/** How much may be said in the rooms of one tenant within a minute. In memory: its rooms have one owner process. */
export interface MessageQuota {
  /** Counts a message. Throws `too-many` with `retryAfterSeconds` when the minute is full; then nothing is counted. */
  count(): void;
  /** Messages of the last minute. */
  used(): number;
}

/** `quotasOf` is asked at each message, so that a change holds at once. */
export function messageQuota(
  tenant: string,
  { quotasOf, clock }: { readonly quotasOf: (tenant: string) => Quotas; readonly clock: Clock },
): MessageQuota {
  const minute = newMinute();
  return {
    count: () => {
      const limit = quotasOf(tenant).messagesPerMinute;
      const retryAfterSeconds = minute.take(limit, clock());
      if (retryAfterSeconds === undefined) return;
      throw new KontorError(
        "too-many",
        `The quota messagesPerMinute of ${limit} is reached: try again in ${retryAfterSeconds} s, or have it raised`,
        { quota: "messagesPerMinute", limit, retryAfterSeconds },
      );
    },
    used: () => minute.used(clock()),
  };
}
