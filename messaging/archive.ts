/** XEP-0313: the archive of a room, read from its log. */
import type { DoorContext } from "../components/door.ts";
import { withAttrs } from "../components/fan-out.ts";
import { bareOf, jidText, parseJid } from "../components/jid.ts";
import type { Incoming, IqRoute } from "../components/router.ts";
import { type Element, x } from "../components/stanza.ts";
import { archiveFin, archiveForm, archiveQuery, archiveResult, NS_MAM } from "../components/xep/xep-0313-archive.ts";
import { KontorError } from "../platform/errors.ts";
import { affiliationOf, type RoomState } from "./core-state.ts";
import { type LogEntry, type LogPage, readLogPage, seqOfId } from "./log.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";

const DEFAULT_PAGE = 50;
const MAX_PAGE = 250;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The routes of the archive at each room's bare address. */
export function archiveRoutes(context: DoorContext, rooms: Rooms, deps: RoomsDeps): IqRoute[] {
  return [
    { to: "bare", type: "get", ns: NS_MAM, name: "query", handle: () => archiveForm() },
    {
      to: "bare",
      type: "set",
      ns: NS_MAM,
      name: "query",
      handle: (incoming, payload) =>
        rooms.withRoom(incoming.to.local, (room) => answer(context, deps, room, incoming, payload)),
    },
  ];
}

async function answer(
  context: DoorContext,
  deps: RoomsDeps,
  room: RoomState | undefined,
  { from }: Incoming,
  payload: Element,
): Promise<Element> {
  if (!room) throw new KontorError("not-found", "There is no such room");
  requireReader(room, bareOf(from));
  const query = archiveQuery.read(payload);
  const now = new Date(deps.clock());
  const max = Math.min(query.page?.max ?? DEFAULT_PAGE, MAX_PAGE);
  const seqOf = async (id: string): Promise<number> => {
    const seq = UUID.test(id) ? await seqOfId(deps.db, context.tenant.id, room.id, id, now) : undefined;
    // XEP-0313 4.3.2: an unknown id of a page is item-not-found.
    if (seq === undefined) throw new KontorError("not-found", "The archive has no message with that id (any more)");
    return seq;
  };
  const { before, after } = query.page ?? {};
  const last = before !== undefined;
  const page: LogPage = {
    after: after === undefined ? undefined : await seqOf(after),
    before: before === undefined || before === "" ? undefined : await seqOf(before),
    start: query.start === undefined ? undefined : new Date(query.start),
    end: query.end === undefined ? undefined : new Date(query.end),
    nick: query.with === undefined ? undefined : nickOf(room, query.with),
    last,
    // One more than asked for tells whether this is the end.
    limit: max + 1,
  };
  const found = await readLogPage(deps.db, context.tenant.id, room.id, page, now);
  const complete = found.length <= max;
  const given = last ? found.slice(-max || found.length) : found.slice(0, max);
  const shown = max === 0 ? [] : given;
  const to = jidText(from);
  context.write(shown.map((entry) => resultText(room, to, query.queryid, entry)).join(""));
  const [first, final] = [shown[0], shown.at(-1)];
  return archiveFin.write({
    complete,
    page: first && final ? { first: { id: first.id }, last: final.id } : {},
  });
}

/** Who may enter may read what was said (XEP-0313 5.1.2: the archive of a room follows its access rules). */
function requireReader(room: RoomState, bare: string): void {
  const affiliation = affiliationOf(room, bare);
  if (affiliation === "outcast") throw new KontorError("forbidden", "You were banned from this room");
  const inside = [...room.occupants.values()].some((occupant) => occupant.bare === bare);
  const closed = room.config.membersOnly || room.config.password !== "" || room.locked;
  if (closed && affiliation === "none" && !inside) throw new KontorError("forbidden", "Enter the room first");
}

/** `with` names an occupant by its address in the room: real addresses are not known to everybody. */
function nickOf(room: RoomState, with_: string): string {
  const jid = parseJid(with_);
  if (!jid) throw new KontorError("jid-malformed", "The address to filter by is malformed");
  if (bareOf(jid) !== room.jid || jid.resource === "") {
    throw new KontorError("feature-not-implemented", "Filter by the address of an occupant: room@domain/nick");
  }
  return jid.resource;
}

/** The stored text goes into the result as it is: nothing is parsed again. */
function resultText(room: RoomState, to: string, queryid: string | undefined, entry: LogEntry): string {
  const placeholder = x("message");
  const result = archiveResult({ queryid, id: entry.id, stamp: entry.at.toISOString(), message: placeholder });
  const wrapper = x("message", { from: room.jid, to }, result).toString();
  // Inside <forwarded/> the message needs its own namespace.
  const message = withAttrs(entry.stanza, { xmlns: "jabber:client" });
  return wrapper.replace("<message/>", () => message);
}
