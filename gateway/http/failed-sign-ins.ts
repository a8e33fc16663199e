import type { Redis } from "ioredis";
import type { RateLimiterAbstract } from "rate-limiter-flexible";
import type { Clock } from "../../platform/clock.ts";
import { KontorError } from "../../platform/errors.ts";
import type { Authenticate } from "../../platform/http.ts";
import type { Log } from "../../platform/log.ts";
import { count, networkOf, throttle, tooMany } from "../../platform/throttle.ts";

/** As many callers as a gateway remembers to turn away. */
const MAX_TURNED_AWAY = 10_000;

/** Failures of one caller that are borne in a minute. */
export function failureLimiter(redis: Redis): RateLimiterAbstract {
  return throttle(redis, "kontor:failed-sign-in", { points: 30, duration: 60 });
}

/**
 * Turns a caller away (429, Retry-After in seconds) whose last requests had no good token or session too often: guessing
 * tokens must not cost a query each. Failures are counted in Redis for all gateways; who is to be turned away each
 * remembers by itself, from the answer to its last failure, so that a good request costs no question.
 */
export function limitFailedSignIns(
  authenticate: Authenticate,
  limiter: RateLimiterAbstract,
  clock: Clock,
  log: Log,
): Authenticate {
  /** By caller, in milliseconds of the clock; the oldest first. */
  const until = new Map<string, number>();
  const failed = async (caller: string): Promise<void> => {
    try {
      const { remainingPoints, msBeforeNext } = await count(limiter, caller);
      if (remainingPoints === 0) turnAway(caller, msBeforeNext);
    } catch (error) {
      log.warn("A failed sign-in could not be counted", { error });
    }
  };
  const turnAway = (caller: string, ms: number): void => {
    until.delete(caller);
    until.set(caller, clock() + ms);
    const [oldest] = until.keys();
    if (until.size > MAX_TURNED_AWAY && oldest !== undefined) until.delete(oldest);
  };
  return async (request) => {
    const caller = networkOf(request.ip);
    const msBeforeNext = (until.get(caller) ?? 0) - clock();
    if (msBeforeNext > 0) throw tooMany("failed sign-ins", { msBeforeNext });
    try {
      return await authenticate(request);
    } catch (error) {
      if (error instanceof KontorError && error.code === "not-authorized") await failed(caller);
      throw error;
    }
  };
}
