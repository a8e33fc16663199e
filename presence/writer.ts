import type { Redis } from "ioredis";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { LivePerson } from "./core.ts";
import { continued } from "./core-continue.ts";
import { change, claim, fill, missing, publish, retract, runScript, type Script } from "./scripts.ts";
import { presenceKeys, readPerson, writePerson } from "./store.ts";

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
  /** A person is as he was published before, with these times: they stand. */
  readonly onContinued?: (localpart: string, before: LivePerson) => void;
  /** What is read changed, whatever it is; some times a second at most. */
  readonly onWritten?: () => void;
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
/** How long the numbers of changes do, and what they are compared with: so long nobody has to read all anew. */
export const KEPT_MS = 5 * 60_000;
const BEAT_MS = 5_000;
const CLOSE_MS = 2_000;
const EPOCH_KEPT_MS = 30 * 24 * 3_600_000;
/** People a script call: some hundred kilobytes at most in one command. */
const BATCH = 200;
/** What changes within this time is written at once: each write costs more than what is in it. */
const GATHER_MS = 25;
/** Between two times that readers are told of. */
const TOLD_MS = 100;

const claimed = z.tuple([z.string(), z.string(), z.enum(["compared", "resumed", "begun"])]);

export function presenceWriter(options: WriterOptions): PresenceWriter {
  const { redis, clock, log, personOf } = options;
  const keys = presenceKeys(options.tenant);
  const built = [keys.epoch, keys.next, keys.people, keys.feed, keys.changes];
  const dirty = new Set<string>();
  let wanted = false;
  // Each start and stop begins a round: what an earlier round published or is publishing counts no more.
  let round = 0;
  let since = 0;
  let published: { readonly epoch: string; readonly round: number } | undefined;
  // Sent until it is answered, the same again: whether it arrived is known only then.
  let batch:
    | { readonly number: number; readonly people: readonly string[]; readonly values: readonly string[] }
    | undefined;
  let batches = 0;
  /** The numbers of changes that were surely written; undefined: this memory does not reach back to them. */
  let known: { readonly generation: string; readonly last: number } | undefined;
  /** Who changed since then, when Redis lost them. */
  const unsure = new Set<string>();
  let beat = false;
  let again = false;
  let running: Promise<void> | undefined;
  let troubled = false;
  let gathering: NodeJS.Timeout | undefined;

  const tell = told(options.onWritten ?? (() => undefined));

  const run = (script: Script, names: readonly string[], args: readonly (string | number)[]) =>
    runScript(redis, script, names, args);

  const lost = () => {
    for (const each of [...dirty, ...(batch?.people ?? [])]) unsure.add(each);
    batch = undefined;
    published = undefined;
    wanted = false;
    dirty.clear();
    log.warn("The live presence of the tenant was lost or taken over; it is published anew if the stream stands");
    options.onLost();
  };

  /** Of who is published already and says the same, the very same value. */
  const compared = async (people: readonly string[]): Promise<string[]> => {
    const before = await redis.hmget(keys.people, ...people);
    return people.flatMap((each, index) => {
      const value = before[index];
      const now = personOf(each);
      const said = value ? continued(readPerson(value), now) : now;
      if (said !== now) options.onContinued?.(each, said);
      return [each, writePerson(said)];
    });
  };

  const pairs = (people: readonly string[]) => people.flatMap((each) => [each, writePerson(personOf(each))]);

  const fillAll = async (epoch: string, goes: z.output<typeof claimed>[2], all: readonly string[]) => {
    const put = async (people: readonly string[], numbered: "differing" | "all" | "none") => {
      for (let start = 0; start < people.length; start += BATCH) {
        const some = people.slice(start, start + BATCH);
        const values = numbered === "differing" ? await compared(some) : pairs(some);
        if ((await run(fill, built, [epoch, LIVE_MS, numbered, ...values])) !== 1) return false;
      }
      return true;
    };
    if (goes === "begun") return put(all, "none");
    if (goes === "resumed") {
      const others = all.filter((each) => !unsure.has(each));
      return (await put(others, "none")) && (await put([...unsure], "all"));
    }
    if (!(await put(all, "differing"))) return false;
    let cursor: unknown = "0";
    do cursor = await run(missing, built, [epoch, String(cursor)]);
    while (typeof cursor === "string" && cursor !== "0");
    return cursor === "0";
  };

  const publishAll = async () => {
    const mine = round;
    const server = /^run_id:(\S+)/mu.exec(await redis.info("server"))?.[1] ?? "";
    const memory = known ? [known.generation, known.last] : ["", ""];
    const begun = [clock(), EPOCH_KEPT_MS, LIVE_MS, server, ...memory];
    const [epoch, generation, goes] = claimed.parse(await run(claim, built, begun));
    // Whatever changes from here on is marked, and written after.
    for (const each of dirty) unsure.add(each);
    dirty.clear();
    const all = [...options.everybody()];
    if (!(await fillAll(epoch, goes, all))) return lost();
    if (mine !== round) return;
    const names = [keys.next, keys.people, keys.live, keys.feed, keys.changes];
    const last = await run(publish, names, [epoch, LIVE_MS, KEPT_MS, since]);
    if (typeof last !== "number") return lost();
    published = { epoch, round: mine };
    known = { generation, last };
    unsure.clear();
    batches = 0;
    batch = undefined;
    again = true;
    tell();
    log.info("Presence is published", { people: all.length, epoch, numbers: goes });
  };

  const writeChanges = async (own: string) => {
    if (!batch) {
      const people = [...dirty].slice(0, BATCH);
      for (const each of people) dirty.delete(each);
      batches += 1;
      batch = { number: batches, people, values: pairs(people) };
    }
    const names = [keys.epoch, keys.people, keys.live, keys.feed, keys.changes];
    const last = await run(change, names, [own, LIVE_MS, KEPT_MS, EPOCH_KEPT_MS, batch.number, ...batch.values]);
    if (typeof last !== "number") return lost();
    batch = undefined;
    if (known && known.last !== last) {
      known = { ...known, last };
      tell();
    }
    if (dirty.size > 0) again = true;
  };

  /** One step towards what is wanted. */
  const settle = async () => {
    if (published && published.round !== round) {
      await run(retract, [keys.live], [published.epoch]);
      published = undefined;
      again = true;
      tell();
      return;
    }
    if (!wanted) return;
    if (!published) return publishAll();
    if (dirty.size === 0 && !batch && !beat) return;
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

  /** What people were before is not in memory any more. */
  const forget = () => {
    dirty.clear();
    unsure.clear();
    batch = undefined;
    known = undefined;
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
      if (!wanted) return void (known && unsure.add(localpart));
      dirty.add(localpart);
      gathering ??= setTimeout(() => {
        gathering = undefined;
        kick();
      }, GATHER_MS);
    },
    stop: () => {
      wanted = false;
      round += 1;
      forget();
      kick();
    },
    wake: kick,
    close: async () => {
      clearInterval(heart);
      clearTimeout(gathering);
      wanted = false;
      round += 1;
      forget();
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

/** Calls at once, and then at most every some milliseconds. */
function told(listener: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let due = false;
  const tell = () => {
    due = timer !== undefined;
    if (due) return;
    listener();
    timer = setTimeout(() => {
      timer = undefined;
      if (due) tell();
    }, TOLD_MS);
    timer.unref();
  };
  return tell;
}
