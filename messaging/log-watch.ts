/** Wakes those who follow the log of a room, in processes that do not own it. */
import type { Redis } from "ioredis";
import type { Log } from "../platform/log.ts";
import { onWake } from "../platform/wake.ts";
import { roomLogTopic } from "./log.ts";

export interface LogWatch {
  /** How many follow. */
  readonly followers: () => number;
  /** Follows a room until `stop`. */
  follow(roomId: string): Follower;
}

interface Follower {
  /** Until there may be something new, `ms` have passed, or `signal` is aborted; at once after news in between. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** One connection to Redis for all, while anybody follows. */
export function logWatch(redis: Redis, log: Log): LogWatch {
  const bells = new Map<string, Set<() => void>>();
  let count = 0;
  let listening: Promise<() => Promise<void>> | undefined;

  const leave = () => {
    count -= 1;
    if (count > 0) return;
    void listening?.then((end) => end());
    listening = undefined;
  };

  return {
    followers: () => count,
    follow: (roomId) => {
      count += 1;
      listening ??= onWake(
        redis,
        roomLogTopic,
        log,
        ({ room }) => {
          for (const ring of bells.get(room) ?? []) ring();
        },
        () => {
          // What was said until now rang for nobody.
          for (const here of bells.values()) for (const ring of here) ring();
        },
      );
      let news = false;
      let wakeUp: () => void = () => undefined;
      const ring = () => {
        news = true;
        wakeUp();
      };
      const here = bells.get(roomId) ?? new Set();
      bells.set(roomId, here.add(ring));
      return {
        next: async (ms, signal) => {
          await new Promise<void>((resolve) => {
            if (news || signal.aborted) return resolve();
            const timer = setTimeout(resolve, ms);
            wakeUp = () => {
              clearTimeout(timer);
              resolve();
            };
            signal.addEventListener("abort", wakeUp, { once: true });
          });
          signal.removeEventListener("abort", wakeUp);
          news = false;
        },
        stop: () => {
          here.delete(ring);
          if (here.size === 0 && bells.get(roomId) === here) bells.delete(roomId);
          leave();
        },
      };
    },
  };
}
