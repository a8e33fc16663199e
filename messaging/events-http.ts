/** The REST door to what is said in a room while it is said: for who may read the archive, with a reason, on record. */
import type { Transaction } from "kysely";
import { actorOf, audit } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { type Route, route } from "../platform/http.ts";
import { EventStream, eventStream, type StreamEvent } from "../platform/http-event-stream.ts";
import { roomEvent } from "./core-event.ts";
import { type RoomHttpDeps, requireArchive, requireReason } from "./http-deps.ts";
import * as shapes from "./http-shapes.ts";
import { type LogEntry, readLog, readLogPage } from "./log.ts";
import { type LogWatch, logWatch } from "./log-watch.ts";
import { readRoom } from "./room-list.ts";
import type { Tables } from "./tables.ts";

/** A stream ends after this time, and whoever still may comes back: so rights that end are noticed. */
const LIFE_MS = 300_000;
/** A wake-up may be lost, and the other side may be gone unnoticed. */
const LOOK_MS = 15_000;
const PAGE = 100;
/** Streams of one process. */
const MAX_STREAMS = 500;

export function eventRoutes(deps: RoomHttpDeps): Route[] {
  const { db, redis, log, clock, newId } = deps;
  const now = () => new Date(clock());
  const watch = logWatch(redis, log);
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/events",
      summary:
        "What is said in a room, as it is said: server-sent events. Last-Event-ID goes on after that event. It ends " +
        "after five minutes: come back. Needs X-Reason; the reading is logged",
      scope: "archive:read",
      params: shapes.roomPath,
      query: shapes.eventsQuery,
      response: eventStream,
      downloads: ["text/event-stream"],
      problems: ["policy-violation", "too-many"],
      handle: async ({ params: { tenant, room }, query: { last }, caller, lastEventId }) => {
        const actor = { ...actorOf(caller), reason: requireReason(caller) };
        const from = lastEventId === undefined ? undefined : seqOf(lastEventId);
        await requireArchive(db, tenant);
        const { id } = await readRoom(db, tenant, room, now());
        if (watch.followers() >= MAX_STREAMS) throw new KontorError("too-many", "Too many read along, try again later");
        await db.withTenants([tenant], (trx: Transaction<Tables>) => {
          const after = { live: true, ...(from === undefined ? { last } : { after: from }) };
          return audit(trx, actor, { tenant, action: "archive:read", object: `room/${id}`, after }, now(), newId);
        });
        const more = (seq: number) => readLog(db, tenant, id, seq, PAGE, now());
        const latest = async (): Promise<Start> => {
          const page = await readLogPage(db, tenant, id, { last: true, limit: Math.max(1, last) }, now());
          return { entries: last === 0 ? [] : page, seq: page.at(-1)?.seq ?? 0 };
        };
        const start = async (): Promise<Start> =>
          from === undefined ? latest() : { entries: await more(from), seq: from };
        return new EventStream((signal) => follow({ watch, clock, start, more }, id, signal));
      },
    }),
  ];
}

function seqOf(id: string): number {
  if (!/^\d{1,15}$/.test(id)) throw new KontorError("bad-request", "Last-Event-ID is no id of an event of this room");
  return Number(id);
}

/** With what it begins; `seq` is after what to go on where that is nothing. */
interface Start {
  readonly entries: readonly LogEntry[];
  readonly seq: number;
}

interface Reading {
  readonly watch: LogWatch;
  readonly clock: () => number;
  readonly start: () => Promise<Start>;
  readonly more: (seq: number) => Promise<readonly LogEntry[]>;
}

/** The entries from where a reader was, then those that come; undefined when nothing came for a while. */
async function* follow(
  { watch, clock, start, more }: Reading,
  roomId: string,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent | undefined> {
  const until = clock() + LIFE_MS;
  // Before the first look: what is said meanwhile rings.
  const follower = watch.follow(roomId);
  try {
    let { entries, seq } = await start();
    for (; !signal.aborted; entries = await more(seq)) {
      for (const entry of entries) {
        yield { id: String(entry.seq), data: roomEvent(entry) };
        seq = entry.seq;
      }
      if (clock() >= until) return;
      if (entries.length >= PAGE) continue;
      if (entries.length === 0) yield undefined;
      await follower.next(LOOK_MS, signal);
    }
  } finally {
    follower.stop();
  }
}
