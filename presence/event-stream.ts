/** Presence as it changes, for one who follows it: what he is told, from the first event to the last. */
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { Principal } from "../platform/http.ts";
import type { StreamEvent } from "../platform/http-event-stream.ts";
import { seal, unseal } from "../platform/seal.ts";
import { type Asked, follower } from "./core-follow.ts";
import { type Looker, needsContacts } from "./core-present.ts";
import type { ContactsReader } from "./lookers.ts";
import type { ChangePosition, PresenceReader } from "./store.ts";
import type { Dirty, Seat, WatchedTenant } from "./tenant-watch.ts";

export interface StreamDeps {
  readonly reader: PresenceReader;
  readonly contacts: ContactsReader;
  readonly clock: Clock;
  readonly secret: string;
}

interface Following {
  readonly tenant: string;
  readonly asked: Asked;
  readonly principal: Pick<Principal, "id" | "person">;
  /** The last event that a client had which comes back. */
  readonly lastEventId: string | undefined;
  readonly seat: Seat;
  /** How many people are remembered for this stream. */
  readonly onSize: (size: number) => void;
}

/** A stream ends after this time, and whoever still may comes back. */
const LIFE_MS = 300_000;
/** So often something is sent, whatever happens: the other side may be gone unnoticed. */
const BEAT_MS = 15_000;
/** People in one event. */
const PAGE = 100;
/** Events' worth of people after which others have their turn. */
const TURN = 10;
const CHANGES = 1_000;

export async function* presenceEvents(
  deps: StreamDeps,
  following: Following,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent | undefined> {
  const { clock } = deps;
  const { tenant, asked, seat, lastEventId } = following;
  const until = clock() + LIFE_MS;
  const marks = marksOf(deps, following);
  const looks = lookingAs(deps, following);
  const had = follower(asked);
  const back = lastEventId === undefined ? undefined : marks.read(lastEventId);
  let begun = false;
  let told: number | null | undefined;
  let beat = clock();

  /** What is new of these people, by pages; the last event says how far that is. */
  async function* pages(localparts: Iterable<string>, at: ChangePosition): AsyncGenerator<StreamEvent> {
    let last: StreamEvent | undefined;
    let turn = 0;
    for (const chunk of chunks(localparts)) {
      turn += 1;
      if (turn % TURN === 0) await setImmediate();
      // What holds at this moment, also where who reads is slow.
      const now = seat.snapshot();
      const { people, gone } = had.look(now, looks.as(now), chunk);
      for (const next of [
        ...(people.length > 0 ? [{ event: "people", data: { people } }] : []),
        ...(gone.length > 0 ? [{ event: "gone", data: { localparts: gone } }] : []),
      ]) {
        if (last) yield last;
        last = next;
      }
    }
    following.onSize(had.size());
    if (last) yield { ...last, id: marks.write(at, had.sight()) };
  }

  /** Who has changed since a client was there last; undefined where that cannot be told, and all has to be told anew. */
  const missed = async (now: WatchedTenant): Promise<string[] | undefined> => {
    if (!back) return undefined;
    had.adopt(now, looks.as(now));
    following.onSize(had.size());
    if (back.sight !== had.sight()) return undefined;
    return changedSince(deps.reader, tenant, back, now.position);
  };

  while (!signal.aborted && clock() < until) {
    const dirty = seat.take();
    const about = await looks.refresh(dirty);
    const now = seat.snapshot();
    const since = now.since ?? null;
    if (told !== since)
      yield { event: "state", data: { since: since === null ? null : new Date(since).toISOString() } };
    told = since;
    if (begun) {
      // While nothing is known all stays as it was told; afterwards all is looked at.
      if (now.known) yield* pages(about === "all" ? had.everybody(now) : about, now.position);
    } else if (now.known || !back) {
      begun = true;
      const changed = await missed(now);
      if (changed) {
        const people = had.seen(seat.snapshot(), looks.as(seat.snapshot()), changed);
        const id = marks.write(now.position, had.sight());
        for (const chunk of chunks(people)) yield { id, event: "people", data: { people: chunk } };
      } else {
        had.forget();
        yield { event: "reset", data: {} };
        yield* pages(had.everybody(now), now.position);
      }
      continue;
    }
    // By the clock alone, or for who may read no longer: what others do that he may not see must not be felt.
    if (dirty.rights || clock() - beat >= BEAT_MS) {
      beat = clock();
      yield undefined;
    }
    await seat.next(Math.max(1, Math.min(beat + BEAT_MS, until) - clock()), signal);
  }
}

function* chunks<T>(all: Iterable<T>): Generator<T[]> {
  let chunk: T[] = [];
  for (const each of all) {
    chunk.push(each);
    if (chunk.length < PAGE) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** Undefined when it cannot be told from there. */
async function changedSince(
  reader: PresenceReader,
  tenant: string,
  from: ChangePosition,
  to: ChangePosition,
): Promise<string[] | undefined> {
  const found = new Set<string>();
  for (let at = from; ; ) {
    const { localparts, reset, since, generation, seq } = await reader.changesSince(tenant, at, CHANGES);
    if (reset || since === undefined) return undefined;
    for (const each of localparts) found.add(each);
    if (localparts.length < CHANGES || seq >= to.seq) return [...found];
    at = { generation, seq };
  }
}

const mark = z.object({ generation: z.string(), seq: z.int(), sight: z.int() });

/**
 * Places in a stream. Sealed, and of one length: the numbers in them would tell how much happens to people whom the
 * reader may not see.
 */
function marksOf({ secret }: StreamDeps, { tenant, principal, asked }: Following) {
  const key = { master: secret, purpose: "presence-events" } as const;
  const place = JSON.stringify([tenant, principal.id, asked.group ?? null, [...(asked.localparts ?? [])]]);
  return {
    write: ({ generation, seq }: ChangePosition, sight: number) =>
      seal(key, place, JSON.stringify({ generation, seq, sight }).padEnd(160)),
    read: (text: string) => {
      try {
        return mark.parse(JSON.parse(unseal(key, place, text)));
      } catch {
        // Of another question, another reader or another service: then all begins anew.
        return undefined;
      }
    },
  };
}

/** Who follows, as he is to the people of the tenant at each moment. */
function lookingAs({ contacts }: StreamDeps, { tenant, principal: { person }, seat }: Following) {
  const own = person?.tenant === tenant ? person : undefined;
  let his: ReadonlySet<string> | undefined;
  let needed = false;
  let begun = false;
  let groups: readonly string[] = [];
  const groupsIn = ({ people }: WatchedTenant) => (own && people.get(own.localpart)?.person.groups) ?? [];
  const as = (now: WatchedTenant): Looker =>
    own ? { kind: "tenant", person: own.id, groups: new Set(groupsIn(now)), contacts: his } : { kind: "program" };

  /** Whether what he sees of these people depends on who his contacts are. */
  const dependsOn = (now: WatchedTenant, localparts: Iterable<string>) => {
    const people = function* () {
      for (const localpart of localparts) {
        const entry = now.people.get(localpart);
        if (entry) yield entry.person;
      }
    };
    return needsContacts(as(now), now.rules, people());
  };

  return {
    as,
    /** Brings up to date who he is; gives of whom something may have changed for him by that, or otherwise. */
    refresh: async (dirty: Dirty): Promise<Dirty["people"]> => {
      if (!own) return dirty.people;
      const now = seat.snapshot();
      const before = groups;
      groups = groupsIn(now);
      const all = !begun || dirty.people === "all" || dirty.contacts || !isDeepStrictEqual(before, groups);
      begun = true;
      if (all) {
        his = undefined;
        needed = dependsOn(now, now.people.keys());
      } else needed ||= dependsOn(now, dirty.people);
      if (needed && !his) {
        // Unknown is nobody; they are asked for again with the next change.
        his = await contacts.of(tenant, own.localpart).catch((error: unknown) => {
          if (error instanceof KontorError && error.code === "unavailable") return undefined;
          throw error;
        });
        return "all";
      }
      return all ? "all" : dirty.people;
    },
  };
}
