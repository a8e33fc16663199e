/**
 * The REST door to what is said in a room while it is said: for who may read the archive, with a reason and on record,
 * and for who may read the room's messages anyway.
 */
import type { Transaction } from "kysely";
import { actorOf, audit } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { type Route, route } from "../platform/http.ts";
import { eventStream } from "../platform/http-event-stream.ts";
import { roomEvent } from "./core-event.ts";
import { PAGE, type RoomStreams, roomStreams, type Start } from "./event-stream.ts";
import { addressOf, type RoomHttpDeps, requireArchive, requireReason } from "./http-deps.ts";
import * as shapes from "./http-shapes.ts";
import { readEntry, readLog, readLogPage } from "./log-reads.ts";
import { itemOf, requireReader } from "./message-reader.ts";
import { readRoom } from "./room-list.ts";
import { roomWatch } from "./room-watch.ts";
import { readShown } from "./shown.ts";
import type { Tables } from "./tables.ts";

const KINDS = { downloads: ["text/event-stream"], problems: ["policy-violation", "too-many"] } as const;

export function eventRoutes(deps: RoomHttpDeps): Route[] {
  const streams = roomStreams(roomWatch(deps.redis, deps.log), deps.clock);
  return [archiveStream(deps, streams), memberStream(deps, streams)];
}

function archiveStream(deps: RoomHttpDeps, streams: RoomStreams): Route {
  const { db, clock, newId } = deps;
  const now = () => new Date(clock());
  return route({
    ...KINDS,
    method: "get",
    path: "/tenants/{tenant}/rooms/{room}/events",
    summary:
      "What is said in a room, as it is said: server-sent events. Last-Event-ID goes on after that event. It ends " +
      "after five minutes: come back. Needs X-Reason; the reading is logged",
    scope: "archive:read",
    params: shapes.roomPath,
    query: shapes.eventsQuery,
    response: eventStream,
    handle: async ({ params: { tenant, room }, query: { last }, caller, lastEventId }) => {
      const actor = { ...actorOf(caller), reason: requireReason(caller) };
      const from = lastEventId === undefined ? undefined : seqOf(lastEventId);
      await requireArchive(db, tenant);
      const { id } = await readRoom(db, tenant, room, now());
      streams.requirePlace(caller.principal.id);
      await db.withTenants([tenant], (trx: Transaction<Tables>) => {
        const after = { live: true, ...(from === undefined ? { last } : { after: from }) };
        return audit(trx, actor, { tenant, action: "archive:read", object: `room/${id}`, after }, now(), newId);
      });
      return streams.open({
        roomId: id,
        reader: caller.principal.id,
        inside: undefined,
        ...readingOf(deps, tenant, id, { from, last }),
        check: () => requireArchive(db, tenant),
        eventOf: (entry) => ({ id: String(entry.seq), data: roomEvent(entry) }),
      });
    },
  });
}

function memberStream(deps: RoomHttpDeps, streams: RoomStreams): Route {
  const { db, clock } = deps;
  const now = () => new Date(clock());
  return route({
    ...KINDS,
    method: "get",
    path: "/tenants/{tenant}/rooms/{room}/messages/events",
    summary:
      "What is said in a room that is open to you, as it is said: server-sent events, each like an item of a page. " +
      "Last-Event-ID goes on after that message. Events `occupants` (who is there as a whole: the first one, and again " +
      "where news were lost), `presence` (who came and went since) and `typing` have no id: they are of the moment. It " +
      "ends after five minutes, and with your right to read: come back",
    scope: "messages:read",
    params: shapes.roomPath,
    query: shapes.eventsQuery,
    response: eventStream,
    handle: async ({ params: { tenant, room }, query: { last }, caller, lastEventId }) => {
      const after = lastEventId === undefined ? undefined : shapes.messagePath.shape.message.safeParse(lastEventId);
      if (after && !after.success) throw new KontorError("bad-request", "Last-Event-ID is no id of a message");
      await requireArchive(db, tenant);
      const { id } = await readRoom(db, tenant, room, now());
      const by = await addressOf(deps, tenant, caller);
      const reader = await requireReader(db, tenant, id, by);
      streams.requirePlace(caller.principal.id);
      // What came before the oldest message that is left is over: then all that is left is new to who comes back.
      const from = after && ((await readEntry(db, tenant, id, after.data, now()))?.seq ?? 0);
      return streams.open({
        roomId: id,
        reader: caller.principal.id,
        inside: () => readShown(deps.redis, tenant, id),
        ...readingOf(deps, tenant, id, { from, last }),
        check: async () => {
          await requireArchive(db, tenant);
          await requireReader(db, tenant, id, by);
        },
        eventOf: (entry) => ({ id: entry.id, data: itemOf(entry, reader) }),
      });
    },
  });
}

function seqOf(id: string): number {
  if (!/^\d{1,15}$/.test(id)) throw new KontorError("bad-request", "Last-Event-ID is no id of an event of this room");
  return Number(id);
}

/** How a stream begins, after an entry or with the last ones, and how it goes on. */
function readingOf(
  { db, clock }: RoomHttpDeps,
  tenant: string,
  id: string,
  { from, last }: { readonly from: number | undefined; readonly last: number },
) {
  const now = () => new Date(clock());
  const more = (seq: number) => readLog(db, tenant, id, seq, PAGE, now());
  const latest = async (): Promise<Start> => {
    const page = await readLogPage(db, tenant, id, { last: true, limit: Math.max(1, last) }, now());
    return { entries: last === 0 ? [] : page, seq: page.at(-1)?.seq ?? 0 };
  };
  const start = async (): Promise<Start> => (from === undefined ? latest() : { entries: await more(from), seq: from });
  return { start, more };
}
