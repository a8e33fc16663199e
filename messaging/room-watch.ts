/** Wakes those who follow a room in processes that do not own it, and hands them what is only of the moment there. */
import type { Redis } from "ioredis";
import { followAccess } from "../identity/index.ts";
import type { Log } from "../platform/log.ts";
import { onWake } from "../platform/wake.ts";
import { roomLogTopic } from "./log.ts";
import { type LiveNews, roomNewsTopic } from "./room-news.ts";

export interface RoomWatch {
  /** Follows a room until `stop`; `live`: also who comes, goes and types. */
  follow(roomId: string, live: boolean): Follower;
}

interface Follower {
  /**
   * Until something happened, `ms` have passed, or `signal` is aborted; at once after news in between. True when the log
   * and one's rights are to be looked at, false when there is only something to `take`.
   */
  next(ms: number, signal: AbortSignal): Promise<boolean>;
  /** What happened and is nowhere else to be read. */
  take(): LiveNews[];
  /** Whether who is there is to be read as a whole: at the beginning, and where news were lost. Once for each time. */
  renewed(): boolean;
  stop(): void;
}

/** What waits for a reader who is slow; with more, who is there is read as a whole instead. */
const MAX_NEWS = 100;

/** A follower as it is told. */
interface Bell {
  ring(): void;
  tell(news: LiveNews): void;
  renew(): void;
}

/** Who remembers what people may do has forgotten it by then, and the next look asks anew. */
const FORGOTTEN_MS = 200;

/** A few connections to Redis for all, while anybody follows. */
export function roomWatch(redis: Redis, log: Log): RoomWatch {
  const bells = new Map<string, Set<Bell>>();
  let count = 0;
  let listening: { readonly news: { ready: boolean }; readonly ends: Promise<(() => Promise<void>)[]> } | undefined;

  const ring = (room: string) => {
    for (const bell of bells.get(room) ?? []) bell.ring();
  };
  // What happened until now rang for nobody.
  const ringAll = () => {
    for (const room of bells.keys()) ring(room);
  };
  const listen = (): NonNullable<typeof listening> => {
    const ofNews = { ready: false };
    const ends = Promise.all([
      onWake(redis, roomLogTopic, log, ({ room }) => ring(room), ringAll),
      onWake(
        redis,
        roomNewsTopic,
        log,
        ({ room, news }) => {
          for (const bell of bells.get(room) ?? []) {
            if (news.kind === "rights") bell.ring();
            else if (news.kind === "anew") bell.renew();
            else bell.tell(news);
          }
        },
        () => {
          ofNews.ready = true;
          for (const here of bells.values()) for (const bell of here) bell.renew();
        },
      ),
      // Accounts, tokens and tenants: rare, so that all may look.
      followAccess(redis, log, [{ forget: () => void setTimeout(ringAll, FORGOTTEN_MS).unref() }]),
    ]);
    return { news: ofNews, ends };
  };

  const leave = () => {
    count -= 1;
    if (count > 0) return;
    void listening?.ends.then((ends) => Promise.all(ends.map((end) => end())));
    listening = undefined;
  };

  return {
    follow: (roomId, live) => {
      count += 1;
      listening ??= listen();
      let rung = false;
      let news: LiveNews[] = [];
      // Before the subscription what is read now might be old by the first news: it tells when it is there.
      let old = live && listening.news.ready;
      let wakeUp: () => void = () => undefined;
      const bell: Bell = {
        ring: () => {
          rung = true;
          wakeUp();
        },
        tell: (each) => {
          if (!live) return;
          if (news.length >= MAX_NEWS) return bell.renew();
          news.push(each);
          wakeUp();
        },
        renew: () => {
          old = live;
          news = [];
          bell.ring();
        },
      };
      const here = bells.get(roomId) ?? new Set();
      bells.set(roomId, here.add(bell));
      return {
        next: async (ms, signal) => {
          let late = false;
          await new Promise<void>((resolve) => {
            if (rung || news.length > 0 || signal.aborted) return resolve();
            const timer = setTimeout(() => {
              late = true;
              resolve();
            }, ms);
            wakeUp = () => {
              clearTimeout(timer);
              resolve();
            };
            signal.addEventListener("abort", wakeUp, { once: true });
          });
          signal.removeEventListener("abort", wakeUp);
          const look = rung || late || signal.aborted;
          rung = false;
          return look;
        },
        take: () => {
          const taken = news;
          news = [];
          return taken;
        },
        renewed: () => {
          const were = old;
          old = false;
          if (were) news = [];
          return were;
        },
        stop: () => {
          here.delete(bell);
          if (here.size === 0 && bells.get(roomId) === here) bells.delete(roomId);
          leave();
        },
      };
    },
  };
}
