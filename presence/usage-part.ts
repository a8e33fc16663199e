/**
 * Counts for the figures of a day: how many people are there at once, and how many were there at all. Who was there is
 * kept as a HyperLogLog in Redis, in which nobody can be found (a count with an error of about 1 %), for two days.
 */
import type { Redis } from "ioredis";
import type { Clock } from "../platform/clock.ts";
import { dayOf } from "./core-day.ts";
import type { OpenPart } from "./part.ts";
import type { DayUsage } from "./store-usage.ts";

export interface UsageDeps {
  readonly redis: Redis;
  readonly clock: Clock;
  readonly raise: (tenant: string, usage: DayUsage) => Promise<void>;
  /** Milliseconds between two times that figures are written. */
  readonly everyMs?: number;
}

const EVERY_MS = 60_000;
const KEPT_MS = 2 * 24 * 3_600_000;
/** People of one command. */
const BATCH = 1_000;

export const activeKey = (tenant: string, day: string): string => `kontor:{${tenant}}:presence:active:${day}`;

export const usagePart =
  ({ redis, clock, raise, everyMs = EVERY_MS }: UsageDeps): OpenPart =>
  ({ tenant, log }, people) => {
    const there = new Set<string>();
    // Who came since the last time that figures were written, and how many were there at once.
    const came = new Set<string>();
    let peak = 0;
    let day = dayOf(clock());
    let troubled = false;
    let work: Promise<void> = Promise.resolve();

    const note = (localpart: string) => {
      if (people.of(localpart).devices.length === 0) return void there.delete(localpart);
      there.add(localpart);
      came.add(localpart);
      peak = Math.max(peak, there.size);
    };

    const write = async (of: string, names: readonly string[], most: number) => {
      try {
        const key = activeKey(tenant.id, of);
        for (let start = 0; start < names.length; start += BATCH) {
          await redis.pfadd(key, ...names.slice(start, start + BATCH));
        }
        await redis.pexpire(key, KEPT_MS);
        const active = Math.max(await redis.pfcount(key), most);
        if (active > 0) await raise(tenant.id, { day: of, peak: most, active });
        troubled = false;
      } catch (error) {
        if (!troubled) log.warn("The figures of the day were not written; they are at the next turn", { error });
        troubled = true;
        if (of !== day) return;
        for (const each of names) came.add(each);
        peak = Math.max(peak, most);
      }
    };

    const turn = (): Promise<void> => {
      const names = [...came];
      const most = peak;
      const of = day;
      came.clear();
      day = dayOf(clock());
      if (day !== of) {
        // Whoever is there when a day begins is there on that day.
        for (const each of there) came.add(each);
      }
      peak = there.size;
      if (most > 0) work = work.then(() => write(of, names, most));
      return work;
    };

    const timer = setInterval(() => void turn(), everyMs);
    people.onChange(note);
    return {
      onReady: () => {
        for (const each of people.everybody()) note(each);
      },
      onOffline: () => there.clear(),
      close: async () => {
        clearInterval(timer);
        await turn();
      },
    };
  };
