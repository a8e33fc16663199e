import { isIPv6 } from "node:net";
import type { RequestHandler } from "express";
import type { Redis } from "ioredis";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import { KontorError } from "../../platform/errors.ts";
import type { Log } from "../../platform/log.ts";

const FAILURES = 30;
const SECONDS = 60;

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
 * must not cost a query each.
 */
export function limitFailedSignIns(limiter: RateLimiterAbstract, log: Log): RequestHandler {
  return async (request, response, next) => {
    const caller = callerOf(request.ip);
    const state = await limiter.get(caller);
    if (state !== null && state.consumedPoints >= limiter.points) {
      const retryAfterSeconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
      throw new KontorError("too-many", `Too many failed sign-ins; try again in ${retryAfterSeconds} s`, {
        retryAfterSeconds,
      });
    }
    response.once("finish", () => {
      if (response.statusCode !== 401) return;
      limiter.consume(caller).catch((error: unknown) => {
        // A refusal is no error here: the next request of this caller is turned away.
        if (error instanceof Error) log.warn("A failed sign-in could not be counted", { error });
      });
    });
    next();
  };
}
