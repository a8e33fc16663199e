import { isIPv6 } from "node:net";
import type { Redis } from "ioredis";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { KontorError } from "./errors.ts";

/** So many times in so many seconds. */
export interface Bounds {
  readonly points: number;
  readonly duration: number;
}

/** Counts for all processes in Redis; each goes on counting by itself while Redis is away. */
export function throttle(redis: Redis, keyPrefix: string, { points, duration }: Bounds): RateLimiterAbstract {
  const bounds = { points, duration, keyPrefix };
  return new RateLimiterRedis({ ...bounds, storeClient: redis, insuranceLimiter: new RateLimiterMemory(bounds) });
}

/** Counts one more; the state after that, also where it was one too many. Throws what failed beneath. */
export async function count(limiter: RateLimiterAbstract, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  }
}

/** `too-many` with the time to wait; `what` were too many. */
export function tooMany(what: string, { msBeforeNext }: Pick<RateLimiterRes, "msBeforeNext">): KontorError {
  const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return new KontorError("too-many", `Too many ${what}; try again in ${retryAfterSeconds} s`, { retryAfterSeconds });
}

/** Whom to count: an address, of IPv6 the network of 64 bits, since one caller has all addresses of it. */
export function networkOf(address: string | undefined): string {
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
