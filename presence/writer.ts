import type { Redis } from "ioredis";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { LivePerson } from "./core.ts";
import { change, claim, fill, publish, retract, runScript, type Script } from "./scripts.ts";
import { presenceKeys, writePerson } from "./store.ts";

export interface WriterOptions {
  readonly redis: Redis;
  readonly tenant: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A person as in memory now. */
  readonly personOf: (localpart: string) => LivePerson;
  /** Of whom anything is to be shown. */
  readonly everybody: () => Iterable<string>;
  /** Milliseconds between signs of life. */
  readonly beatMs?: number;
  /** Redis forgot what was written, or another owner took over: call `start` again if the stream still stands. */
  readonly onLost: () => void;
}

/** Keeps Redis equal to the state in memory, for one tenant. */
export interface PresenceWriter {
  /** The memory holds the whole truth from now on: it is published, and kept up. */
  start(): void;
  /** A person changed. */
  changed(localpart: string): void;
  /** Nothing is known any more: what was published is taken back. */
  stop(): void;
  /** Redis came back: catches up now instead of at the next beat. */
  wake(): void;
  /** Takes back what was published and ends; with a Redis that does not answer, what was published expires. */
  close(): Promise<void>;
}

/** How long what is published outlives its owner's last sign of life. */
export const LIVE_MS = 15_000;
const BEAT_MS = 5_000;
const CLOSE_MS = 2_000;
const EPOCH_KEPT_MS = 30 * 24 * 3_600_000;
/** People a script call: some hundred kilobytes at most in one command. */
const BATCH = 200;
/** Who went while all were being published: the next change takes the entry away. */
const WENT = JSON.stringify({ devices: [], meetingSince: null } satisfies LivePerson);

export function presenceWriter(options: WriterOptions): PresenceWriter {
  const { redis, clock, log, personOf } = options;
  const keys = presenceKeys(options.tenant);
  const dirty = new Set<string>();
  let wanted = false;
  // Each start and stop begins a round: what an earlier round published or is publishing counts no more.
  let round = 0;
  let since = 0;
  let published: { readonly epoch: number; readonly round: number } | undefined;
  let batch = 0;
  let beat = false;
  let again = false;
  let running: Promise<void> | undefined;
  let troubled = false;

  const run = (script: Script, names: readonly string[], args: readonly (string | number)[]) =>
    runScript(redis, script, names, args);

  const pairs = (people: readonly string[]) => people.flatMap((each) => [each, writePerson(personOf(each))]);

  const lost = () => {
    published = undefined;
    wanted = false;
    dirty.clear();
    log.warn("The live presence of the tenant was lost or taken over; it is published anew if the stream stands");
    options.onLost();
  };

  const publishAll = async () => {
    const mine = round;
    const claimed = await run(claim, [keys.epoch, keys.next], [clock(), EPOCH_KEPT_MS]);
    if (typeof claimed !== "number") throw new TypeError("Redis gave no epoch");
    // Whatever changes from here on is marked, and written after.
    dirty.clear();
    const all = [...options.everybody()];
    for (let start = 0; start < all.length; start += BATCH) {
      const values = pairs(all.slice(start, start + BATCH)).map((text) => text || WENT);
      if ((await run(fill, [keys.epoch, keys.next], [claimed, LIVE_MS, ...values])) !== 1) return lost();
    }
    if (mine !== round) return;
    const names = [keys.epoch, keys.next, keys.people, keys.live];
    if ((await run(publish, names, [claimed, LIVE_MS, since])) !== 1) return lost();
    published = { epoch: claimed, round: mine };
    batch = 0;
    again = true;
    log.info("Presence is published", { people: all.length, epoch: claimed });
  };

  const writeChanges = async (own: number) => {
    const people = [...dirty].slice(0, BATCH);
    for (const each of people) dirty.delete(each);
    batch += 1;
    try {
      const values = [own, LIVE_MS, batch, ...pairs(people)];
      const written = await run(change, [keys.people, keys.live], values);
      if (written !== 1) return lost();
    } catch (error) {
      for (const each of people) dirty.add(each);
      throw error;
    }
    if (dirty.size > 0) again = true;
  };

  /** One step towards what is wanted. */
  const settle = async () => {
    if (published && published.round !== round) {
      await run(retract, [keys.people, keys.live], [published.epoch]);
      published = undefined;
      again = true;
      return;
    }
    if (!wanted) return;
    if (!published) return publishAll();
    if (dirty.size === 0 && !beat) return;
    beat = false;
    await writeChanges(published.epoch);
  };

  const loop = async () => {
    while (again) {
      again = false;
      try {
        await settle();
        troubled = false;
      } catch (error) {
        // The next beat tries again, and Redis' return at once.
        if (!troubled)
          log.warn("Live presence could not be written; it is caught up as soon as Redis is back", { error });
        troubled = true;
        return;
      }
    }
  };

  const kick = () => {
    again = true;
    running ??= loop().finally(() => {
      running = undefined;
      // A kick between the loop's last look and here must not be lost.
      if (again && !troubled) kick();
    });
  };

  const heart = setInterval(() => {
    beat = true;
    kick();
  }, options.beatMs ?? BEAT_MS);

  return {
    start: () => {
      wanted = true;
      round += 1;
      since = clock();
      kick();
    },
    changed: (localpart) => {
      if (!wanted) return;
      dirty.add(localpart);
      kick();
    },
    stop: () => {
      wanted = false;
      round += 1;
      dirty.clear();
      kick();
    },
    wake: kick,
    close: async () => {
      clearInterval(heart);
      wanted = false;
      round += 1;
      kick();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([running, late]);
      clearTimeout(timer);
    },
  };
}
