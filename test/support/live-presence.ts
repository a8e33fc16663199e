/** Live presence of a tenant as the components publish it, told by a test instead of an XMPP server. */
import { isDeepStrictEqual } from "node:util";
import type { Redis } from "ioredis";
import { wake } from "../../platform/wake.ts";
import type { LivePerson, Show } from "../../presence/core.ts";
import { presenceChanged } from "../../presence/events.ts";
import { presenceReader } from "../../presence/store.ts";
import { presenceWriter } from "../../presence/writer.ts";
import { eventually, silentLog } from "./real.ts";

export interface LivePresence {
  /** From now on it is known. */
  start(): void;
  /** From now on nothing is known. */
  stop(): void;
  /** Somebody is there with this status on one device; `show` null: away. */
  set(localpart: string, show: Show | null, status?: string | null): void;
  /** In a conference since then, ms since 1970. */
  meet(localpart: string, since: number | null): void;
  of(localpart: string): LivePerson;
  /** Resolves when readers find all as it was told. */
  written(): Promise<void>;
  close(): Promise<void>;
}

export function livePresence(redis: Redis, tenant: string): LivePresence {
  const people = new Map<string, LivePerson>();
  const nobody: LivePerson = { devices: [], meetingSince: null };
  const of = (localpart: string) => people.get(localpart) ?? nobody;
  const writer = presenceWriter({
    ...{ redis, tenant, clock: Date.now, log: silentLog, beatMs: 200, personOf: of },
    everybody: () => people.keys(),
    onWritten: () => void wake(redis, presenceChanged, { tenant }, silentLog),
    onLost: () => writer.start(),
  });
  const put = (localpart: string, change: Partial<LivePerson>) => {
    people.set(localpart, { ...of(localpart), ...change });
    writer.changed(localpart);
  };
  const written = async (): Promise<true | undefined> => {
    const view = await presenceReader(redis).read(tenant, [...people.keys()]);
    const equal = [...people].every(([name, is]) => isDeepStrictEqual(view.people.get(name) ?? nobody, is));
    return (view.since !== undefined && equal) || undefined;
  };
  return {
    start: writer.start,
    stop: writer.stop,
    of,
    set: (localpart, show, status = null) => {
      const said = { resource: "desk", priority: 0, idleSince: null, kind: null, at: 1_700_000_000_000 };
      put(localpart, { devices: show === null ? [] : [{ ...said, show, status }] });
    },
    meet: (localpart, meetingSince) => put(localpart, { meetingSince }),
    written: async () => void (await eventually(written, "what was told is written")),
    close: () => writer.close(),
  };
}
