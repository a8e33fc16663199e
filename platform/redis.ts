import { Redis } from "ioredis";
import type { Log } from "./log.ts";

/** Waits 50 ms to 2 s, with jitter so that many processes do not come back at once. */
const retryDelay = (attempt: number): number => Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random());

/**
 * A connection for live state: a command fails at once while Redis is away, so that its caller can go on without it.
 * It reconnects by itself for as long as it lives; ready and lost are logged once each.
 */
export function openRedis(url: string, log: Log): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 0, enableOfflineQueue: false, retryStrategy: retryDelay });
  return watched(redis, log);
}

/** A connection that waits for Redis instead of failing: for BullMQ and for subscriptions. */
export function openPatientRedis(url: string, log: Log): Redis {
  return watched(new Redis(url, { maxRetriesPerRequest: null, retryStrategy: retryDelay }), log);
}

function watched(redis: Redis, log: Log): Redis {
  let up: boolean | undefined;
  redis.on("ready", () => {
    if (up === false) log.info("Redis is back");
    up = true;
  });
  redis.on("error", (error: Error) => {
    if (up !== false) log.warn("Redis is away: messaging goes on, live features wait until it is back", { error });
    up = false;
  });
  return redis;
}

/** Resolves when the connection is ready, or rejects after `timeoutMs`. */
export function redisReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === "ready") return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off("ready", ready);
      reject(new Error(`Redis did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const ready = () => {
      clearTimeout(timer);
      resolve();
    };
    redis.once("ready", ready);
  });
}
