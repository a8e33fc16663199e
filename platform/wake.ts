import type { Redis } from "ioredis";
import type { z } from "zod";
import type { Log } from "./log.ts";

/**
 * A topic on which processes tell each other that there is something new to read. It carries no truth: whoever listens
 * reads from PostgreSQL by its own cursor, and also looks by itself now and then, since a wake-up may be lost.
 */
export interface WakeTopic<T> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
}

/** Tells all listeners. Never throws: a listener that misses it finds the news at its next look. */
export async function wake<T>(redis: Redis, topic: WakeTopic<T>, news: T, log: Log): Promise<void> {
  try {
    await redis.publish(topic.name, JSON.stringify(news));
  } catch (error) {
    log.debug("A wake-up was not sent", { topic: topic.name, error });
  }
}

/**
 * Listens on a connection of its own until the returned function is called; subscribes again after a reconnect.
 * `listening` is told when nothing is missed from now on.
 */
export async function onWake<T>(
  connection: Redis,
  topic: WakeTopic<T>,
  log: Log,
  listener: (news: T) => void,
  listening: () => void = () => undefined,
): Promise<() => Promise<void>> {
  const redis = connection.duplicate({ maxRetriesPerRequest: null, enableOfflineQueue: true });
  redis.on("error", (error: Error) => log.debug("The wake-up connection is away", { topic: topic.name, error }));
  redis.on("message", (channel: string, text: string) => {
    if (channel !== topic.name) return;
    const news = topic.schema.safeParse(parseJson(text));
    if (news.success) listener(news.data);
    else log.warn("An unreadable wake-up was ignored", { topic: topic.name, problem: news.error.message });
  });
  // ioredis subscribes again by itself after a reconnect; with Redis away now, this resolves when it comes.
  const subscribed = redis
    .subscribe(topic.name)
    .then(listening, (error: unknown) => log.debug("The wake-up subscription ended", { topic: topic.name, error }));
  if (redis.status === "ready") await subscribed;
  return async () => {
    // Not awaited: a subscription that waits for a Redis that is away never settles once its connection is cut.
    redis.disconnect();
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
