/** XEP-0313: the archive of a room, read from its log. */
import type { DoorContext } from "../components/door.ts";
import { withAttrs, withChild } from "../components/fan-out.ts";
import { bareOf, jidText, parseJid } from "../components/jid.ts";
import type { Incoming, IqRoute } from "../components/router.ts";
import { type Element, x } from "../components/stanza.ts";
import { NS_MUC_USER } from "../components/xep/xep-0045-muc.ts";
import { NS_RSM } from "../components/xep/xep-0059-result-set.ts";
import {
  archiveFin,
  archiveForm,
  archiveMetadata,
  archiveQuery,
  archiveResult,
  NS_MAM,
} from "../components/xep/xep-0313-archive.ts";
import { KontorError } from "../platform/errors.ts";
import { archiveEnds, readArchive } from "./archive-log.ts";
import type { ArchivePage } from "./archive-page.ts";
import { requireMayRead } from "./core-speaker.ts";
import { administers, affiliationOf, type RoomState } from "./core-state.ts";
import type { LogEntry } from "./log.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { createTurns } from "./turns.ts";

const DEFAULT_PAGE = 50;
const MAX_PAGE = 250;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type Query = ReturnType<typeof archiveQuery.read>;

type Context = Pick<DoorContext, "tenant" | "sendMany">;
type Deps = Pick<RoomsDeps, "archive" | "clock">;

/** The routes of the archive at each room's bare address. */
export function archiveRoutes(context: Context, rooms: Pick<Rooms, "inRoom">, deps: Deps): IqRoute[] {
  // A person's queries one after the other, and searches never on all connections: pages are answered beside them.
  const people = createTurns({ running: 1, waiting: 16 });
  const searches = createTurns({ running: 2, waiting: 64 });
  const route = (
    type: "get" | "set",
    name: string,
    handle: (room: RoomState, incoming: Incoming, payload: Element) => Promise<Element>,
  ): IqRoute => ({
    to: "bare",
    type,
    ns: NS_MAM,
    name,
    handle: (incoming, payload) =>
      rooms.inRoom(incoming.to.local, (room) => {
        const bare = bareOf(incoming.from);
        requireReader(room, bare);
        return people.take(bare, () => handle(room, incoming, payload));
      }),
  });
  return [
    { to: "bare", type: "get", ns: NS_MAM, name: "query", handle: () => archiveForm() },
    route("get", "metadata", (room) => metadata(context, deps, room)),
    route("set", "query", (room, incoming, payload) => {
      const query = queryOf(payload);
      const page = pageOf(room, query, bareOf(incoming.from));
      const read = () =>
        readArchive(deps.archive, context.tenant.id, room.id, page, new Date(deps.clock())).then((found) => {
          const to = jidText(incoming.from);
          const known = knowsAddresses(room, bareOf(incoming.from));
          const shown = query.flip ? found.entries.toReversed() : found.entries;
          context.sendMany(
            shown.map((entry) => resultText(room, to, query.queryid, known, entry)),
            to,
          );
          const [first, final] = [found.entries[0], found.entries.at(-1)];
          return archiveFin.write({
            complete: found.complete,
            page: {
              ...(first && final ? { first: { id: first.id, index: found.total?.index }, last: final.id } : {}),
              count: found.total?.count,
            },
          });
        });
      const searched = page.texts.length > 0 || page.sender !== undefined || page.nick !== undefined;
      return searched ? searches.take(context.tenant.id, read) : read();
    }),
  ];
}

async function metadata(context: Context, deps: Deps, room: RoomState): Promise<Element> {
  const now = new Date(deps.clock());
  const ends = await archiveEnds(deps.archive, context.tenant.id, room.id, room.lastSeq, now);
  const side = ({ id, at }: { id: string; at: Date }) => ({ id, timestamp: at.toISOString() });
  return archiveMetadata.write(ends ? { start: side(ends.start), end: side(ends.end) } : {});
}

function queryOf(payload: Element): Query {
  // XEP-0059 2.6: whoever can't go to a page by its number says so.
  if (payload.getChild("set", NS_RSM)?.getChild("index")) {
    throw new KontorError("feature-not-implemented", "Pages are asked for by the id before or after them");
  }
  return archiveQuery.read(payload);
}

/**
 * What a query asks of the log. Nothing newer than what the room has reflected is shown: that comes to its occupants
 * live, after this answer, so that together they have everything once.
 */
function pageOf(room: RoomState, query: Query, bare: string): ArchivePage {
  const { max = DEFAULT_PAGE, before, after } = query.page ?? {};
  return {
    upTo: room.lastSeq,
    start: query.start === undefined ? undefined : new Date(query.start),
    end: query.end === undefined ? undefined : new Date(query.end),
    afterId: idOf(query.afterId),
    beforeId: idOf(query.beforeId),
    ids: query.ids?.map(requireId),
    texts: [query.text, query.withText].flatMap((text) => (text ? [text] : [])),
    ...(query.with === undefined ? { sender: undefined, nick: undefined } : whoOf(room, query.with, bare)),
    pageAfter: idOf(after),
    pageBefore: before === "" ? undefined : idOf(before),
    last: before !== undefined,
    limit: Math.min(max, MAX_PAGE),
  };
}

const idOf = (id: string | undefined): string | undefined => (id === undefined ? undefined : requireId(id));

/** 4.1.3, 4.3.2: an id that the archive does not have is item-not-found; so is what can't be one. */
function requireId(id: string): string {
  if (UUID.test(id)) return id;
  throw new KontorError("not-found", "The archive has no message with that id (any more)");
}

/** Who may enter may read what was said (6.1.2: the archive of a room follows its access rules). */
const requireReader = (room: RoomState, bare: string): void =>
  requireMayRead(
    room,
    affiliationOf(room, bare),
    [...room.occupants.values()].some((occupant) => occupant.bare === bare),
  );

/** Whether somebody sees who is behind a nick. */
function knowsAddresses(room: RoomState, bare: string): boolean {
  if (room.config.whois === "anyone" || administers(affiliationOf(room, bare))) return true;
  return [...room.occupants.values()].some((each) => each.bare === bare && each.role === "moderator");
}

/** `with` names an occupant, or a real address for those who are told them (4.1.1). */
function whoOf(room: RoomState, with_: string, bare: string): Pick<ArchivePage, "sender" | "nick"> {
  const jid = parseJid(with_);
  if (!jid) throw new KontorError("jid-malformed", "The address to filter by is malformed");
  if (bareOf(jid) === room.jid) {
    // All that the archive has is from the room itself.
    return { sender: undefined, nick: jid.resource === "" ? undefined : jid.resource };
  }
  if (!knowsAddresses(room, bare)) {
    throw new KontorError("forbidden", "Real addresses are not told here: filter by room@domain/nick");
  }
  return { sender: bareOf(jid), nick: undefined };
}

/** The stored text goes into the result as it is: nothing is parsed again. */
function resultText(
  room: RoomState,
  to: string,
  queryid: string | undefined,
  addressed: boolean,
  entry: LogEntry,
): string {
  const placeholder = x("message");
  const result = archiveResult({ queryid, id: entry.id, stamp: entry.at.toISOString(), message: placeholder });
  const wrapper = x("message", { from: room.jid, to }, result).toString();
  // Inside <forwarded/> the message needs its own namespace.
  const message = withAttrs(entry.stanza, { xmlns: "jabber:client" });
  const told = addressed && entry.sender !== null ? withChild(message, itemOf(room, entry.sender)) : message;
  return wrapper.replace("<message/>", () => told);
}

/** Who it was, to those who are told (6.1.2). The message holds no such element: the room takes them out. */
function itemOf(room: RoomState, sender: string): Element {
  return x("x", { xmlns: NS_MUC_USER }, x("item", { affiliation: affiliationOf(room, sender), jid: sender }));
}
