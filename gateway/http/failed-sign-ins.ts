import { isIPv6 } from "node:net";
import type { RequestHandler } from "express";
import type { Redis } from "ioredis";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Clock } from "../../platform/clock.ts";
import { KontorError } from "../../platform/errors.ts";
import type { Log } from "../../platform/log.ts";

const FAILURES = 30;
const SECONDS = 60;
/** As many callers as a gateway remembers to turn away. */
const MAX_TURNED_AWAY = 10_000;

/** Counts failures of all gateways in Redis; each goes on counting by itself while Redis is away. */
export function failureLimiter(redis: Redis): RateLimiterAbstract {
  const bounds = { points: FAILURES, duration: SECONDS, keyPrefix: "kontor:failed-sign-in" };
  return new RateLimiterRedis({ ...bounds, storeClient: redis, insuranceLimiter: new RateLimiterMemory(bounds) });
}

/** Whom to count: an address, of IPv6 the network of 64 bits, since one caller has all addresses of it. */
export function callerOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  const [head = "", tail] = address.split("%", 1).join("").split("::");
  const groups = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - behind.length)).fill("0");
  return [...groups, ...zeros, ...behind].slice(0, 4).join(":");
}

/**
 * Turns a caller away (429, Retry-After in seconds) whose last requests were answered 401 too often: guessing tokens
 * must not cost a query each. Failures are counted in Redis for all gateways; who is to be turned away each remembers by
 * itself, from the answer to its last failure, so that a good request costs no question.
 */
export function limitFailedSignIns(limiter: RateLimiterAbstract, clock: Clock, log: Log): RequestHandler {
  /** By caller, in milliseconds of the clock; the oldest first. */
  const until = new Map<string, number>();
  const failed = async (caller: string): Promise<void> => {
    try {
      const { remainingPoints, msBeforeNext } = await limiter.consume(caller);
      if (remainingPoints === 0) turnAway(caller, msBeforeNext);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) turnAway(caller, refused.msBeforeNext);
      else log.warn("A failed sign-in could not be counted", { error: refused });
    }
  };
  const turnAway = (caller: string, ms: number): void => {
    until.delete(caller);
    until.set(caller, clock() + ms);
    const [oldest] = until.keys();
    if (until.size > MAX_TURNED_AWAY && oldest !== undefined) until.delete(oldest);
  };
  return (request, response, next) => {
    const caller = callerOf(request.ip);
    const left = (until.get(caller) ?? 0) - clock();
    if (left > 0) {
      const retryAfterSeconds = Math.max(1, Math.ceil(left / 1000));
      throw new KontorError("too-many", `Too many failed sign-ins; try again in ${retryAfterSeconds} s`, {
        retryAfterSeconds,
      });
    }
    response.once("finish", () => {
      if (response.statusCode === 401) void failed(caller);
    });
    next();
  };
}
