/** Joining, leaving and presence of occupants: XEP-0045 7.1-7.7. Pure: state in, effects out. */

import type { Element } from "../components/stanza.ts";
import { type Affiliation, type HistoryRequest, NS_MUC, NS_MUC_USER, status } from "../components/xep/xep-0045-muc.ts";
import { NS_OCCUPANT_ID } from "../components/xep/xep-0421-occupant-id.ts";
import { KontorError } from "../platform/errors.ts";
import { equalSecrets } from "../platform/secrets.ts";
import { checkReserved } from "./core-admin.ts";
import { announce, departure, ended, othersTo, presenceOf, selfPresence } from "./core-announce.ts";
import { MAX_OCCUPANTS } from "./core-config.ts";
import {
  administers,
  affiliationOf,
  type Effect,
  everySession,
  initialRole,
  nickKey,
  type Occupant,
  type RoomState,
  type Session,
} from "./core-state.ts";

const MAX_NICK = 128;
const MAX_SESSIONS = 20;
// Controls, and the marks that turn the direction of text: they make one nick look like another.
const BAD_NICK = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

export interface JoinRequest {
  /** Full and bare address of who joins. */
  readonly jid: string;
  readonly bare: string;
  readonly nick: string;
  readonly occupantId: string;
  /** Children of the presence. */
  readonly presence: readonly Element[];
  readonly history: HistoryRequest | undefined;
  readonly password: string | undefined;
  /** The room was made by this join (10.1.1). */
  readonly created: boolean;
}

/** A session enters, or an occupant's further device does. Throws `conflict`, `not-acceptable`, `forbidden`, `too-many`. */
export function join(room: RoomState, request: JoinRequest): Effect[] {
  const present = room.bySession.get(request.jid);
  if (present) return rejoin(room, present, request);
  const affiliation = checkEntry(room, request);
  const session: Session = { jid: request.jid, presence: ownElements(request.presence), waiting: [] };
  const existing = room.occupants.get(nickKey(request.nick));
  if (existing && existing.sessions.size >= MAX_SESSIONS)
    throw new KontorError("too-many", "Too many devices use this nick");
  const occupant: Occupant = existing ?? {
    nick: request.nick,
    bare: request.bare,
    affiliation,
    role: initialRole(room.config, affiliation),
    occupantId: request.occupantId,
    sessions: new Map(),
    far: undefined,
  };
  const others = everySession(room);
  occupant.sessions.set(request.jid, session);
  room.occupants.set(nickKey(request.nick), occupant);
  room.bySession.set(request.jid, occupant);
  return [
    ...othersTo(room, occupant, request.jid),
    ...announce(room, occupant, others, []),
    selfPresence(room, occupant, request.jid, [...selfStatuses(room), ...(request.created ? [status.created] : [])]),
    { do: "history", session: request.jid, upTo: room.lastSeq, request: request.history },
    { do: "remember", sessions: [request.jid] },
  ];
}

/**
 * Who may enter, in the order of XEP-0045 7.2: `not-found` while the room waits for its configuration (10.1.1),
 * `forbidden` for the banned, `registration-required` for who is no member, `not-authorized` without the password,
 * `conflict` or `not-acceptable` for the nick, `service-unavailable` in a full room. Gives the affiliation.
 */
function checkEntry(room: RoomState, { bare, nick, password }: JoinRequest): Affiliation {
  const { config } = room;
  const affiliation = affiliationOf(room, bare);
  if (affiliation === "outcast") throw new KontorError("forbidden", "You were banned from this room");
  if (room.locked && affiliation !== "owner") throw new KontorError("not-found", "The room is not ready yet");
  if (config.membersOnly && affiliation === "none") {
    throw new KontorError("registration-required", "This room is for its members");
  }
  if (config.password !== "" && affiliation !== "owner" && !equalSecrets(password ?? "", config.password)) {
    throw new KontorError("not-authorized", "This room needs its password");
  }
  checkNick(room, nick, bare);
  const most = config.maxOccupants === 0 ? MAX_OCCUPANTS : config.maxOccupants;
  // 7.2.9: owners and administrators get in, so that they can do something about it.
  if (room.occupants.size >= most && !administers(affiliation) && !room.occupants.has(nickKey(nick))) {
    throw new KontorError("service-unavailable", "The room is full");
  }
  return affiliation;
}

/** What a room tells somebody who enters of itself (7.2.3, 7.2.4, 7.2.13). */
const selfStatuses = ({ config }: RoomState): number[] => [
  ...(config.whois === "anyone" ? [status.nonAnonymous] : []),
  status.self,
  status.logged,
];

/** Puts a session back that an earlier owner process knew: it was let in then, and nobody is told. */
export function restoreOccupant(
  room: RoomState,
  live: Pick<JoinRequest, "jid" | "bare" | "nick" | "occupantId" | "presence"> & { readonly role: Occupant["role"] },
): void {
  const affiliation = affiliationOf(room, live.bare);
  if (affiliation === "outcast") return;
  const key = nickKey(live.nick);
  const { nick, bare, occupantId, role } = live;
  const fresh: Occupant = { nick, bare, affiliation, role, occupantId, sessions: new Map(), far: undefined };
  const occupant = room.occupants.get(key) ?? fresh;
  if (occupant.bare !== bare) return;
  occupant.sessions.set(live.jid, { jid: live.jid, presence: ownElements(live.presence), waiting: undefined });
  room.occupants.set(key, occupant);
  room.bySession.set(live.jid, occupant);
}

/** A client that lost track joins again from the same address: it is told everything anew, nobody else is (7.2.1). */
function rejoin(room: RoomState, occupant: Occupant, request: JoinRequest): Effect[] {
  const renamed = nickKey(occupant.nick) === nickKey(request.nick) ? [] : changeNick(room, request.jid, request.nick);
  const session = occupant.sessions.get(request.jid);
  if (session) session.waiting = [];
  return [
    ...renamed,
    ...othersTo(room, occupant, request.jid),
    selfPresence(room, occupant, request.jid, selfStatuses(room)),
    { do: "history", session: request.jid, upTo: room.lastSeq, request: request.history },
  ];
}

/** Presence of somebody inside: a new status, or a new nick (7.6, 7.7). Undefined: this session is not in the room. */
export function changePresence(
  room: RoomState,
  change: { readonly jid: string; readonly nick: string; readonly presence: readonly Element[] },
): Effect[] | undefined {
  const occupant = room.bySession.get(change.jid);
  const session = occupant?.sessions.get(change.jid);
  if (!occupant || !session) return undefined;
  session.presence = ownElements(change.presence);
  const renamed = occupant.nick === change.nick ? [] : changeNick(room, change.jid, change.nick);
  return [
    ...renamed,
    ...(renamed.length > 0 ? [] : announce(room, occupant, everySession(room), [])),
    { do: "remember", sessions: [change.jid] },
  ];
}

/** Changes the nick of an occupant on all its devices (7.6). */
function changeNick(room: RoomState, jid: string, nick: string): Effect[] {
  const occupant = room.bySession.get(jid);
  if (!occupant) return [];
  checkNick(room, nick, occupant.bare);
  const taken = room.occupants.get(nickKey(nick));
  if (taken && taken !== occupant) throw new KontorError("conflict", "You use that nick on another device");
  const everybody = everySession(room);
  const gone = departure(room, occupant, everybody, [status.nickChanged], nick);
  room.occupants.delete(nickKey(occupant.nick));
  occupant.nick = nick;
  room.occupants.set(nickKey(nick), occupant);
  return [
    ...gone,
    ...announce(room, occupant, everybody, []),
    { do: "remember", sessions: [...occupant.sessions.keys()] },
  ];
}

/** A session leaves (7.14), or is lost: then with status 333. Not being in the room is no error. */
export function leave(room: RoomState, jid: string, lost: boolean, children: readonly Element[] = []): Effect[] {
  const occupant = room.bySession.get(jid);
  if (!occupant) return [];
  occupant.sessions.delete(jid);
  room.bySession.delete(jid);
  const codes = lost ? [status.lost] : [];
  const own: Effect[] = lost
    ? []
    : [
        {
          do: "send",
          stanza: presenceOf(room, occupant, {
            unavailable: true,
            statuses: [status.self],
            role: "none",
            realJid: true,
            children,
          }),
          to: [jid],
        },
      ];
  const remember: Effect = { do: "remember", sessions: [jid] };
  // Another device is still here: for the others nothing happened but perhaps its status.
  if (occupant.sessions.size > 0) return [...own, ...announce(room, occupant, everySession(room), []), remember];
  room.occupants.delete(nickKey(occupant.nick));
  return [
    ...own,
    ...departure(room, occupant, everySession(room), codes, undefined, { children }),
    remember,
    ...ended(room),
  ];
}

/** The full list of people of another network who are here by a link: differences become presence. */
export function setFarOccupants(
  room: RoomState,
  link: { readonly id: string; readonly network: string },
  people: readonly { readonly id: string; readonly nick: string; readonly occupantId: string }[],
): Effect[] {
  const wanted = new Map(people.slice(0, MAX_OCCUPANTS).map((person) => [person.id, person]));
  const effects: Effect[] = [];
  const everybody = everySession(room);
  for (const [key, occupant] of [...room.occupants]) {
    if (occupant.far?.link !== link.id) continue;
    const person = wanted.get(occupant.far.id);
    if (person && nickKey(freeNick(room, person.nick, occupant)) === key) {
      wanted.delete(occupant.far.id);
      continue;
    }
    room.occupants.delete(key);
    effects.push(...departure(room, occupant, everybody, [], undefined));
  }
  for (const person of wanted.values()) {
    const nick = freeNick(room, person.nick, undefined);
    const occupant: Occupant = {
      nick,
      bare: null,
      affiliation: "none",
      role: "participant",
      occupantId: person.occupantId,
      sessions: new Map(),
      far: { link: link.id, network: link.network, id: person.id },
    };
    room.occupants.set(nickKey(nick), occupant);
    effects.push(...announce(room, occupant, everybody, []));
  }
  return effects;
}

/** A nick for somebody of another network: cleaned, and marked when somebody here has it. */
export function freeNick(room: RoomState, wanted: string, self: Occupant | undefined): string {
  const clean =
    [...wanted]
      .filter((char) => !BAD_NICK.test(char))
      .slice(0, MAX_NICK - 8)
      .join("")
      .trim() || "?";
  for (let n = 0; ; n += 1) {
    const nick = n === 0 ? clean : `${clean} (${n + 1})`;
    const holder = room.occupants.get(nickKey(nick));
    if (!holder || holder === self) return nick;
  }
}

function checkNick(room: RoomState, nick: string, bare: string | null): void {
  if (nick.trim() === "" || nick !== nick.trim() || [...nick].length > MAX_NICK || BAD_NICK.test(nick)) {
    throw new KontorError("not-acceptable", `A nick has 1 to ${MAX_NICK} visible characters`);
  }
  const holder = room.occupants.get(nickKey(nick));
  if (holder && holder.bare !== bare) throw new KontorError("conflict", "Somebody in the room has that nick");
  checkReserved(room, nick, bare);
}

/** The client's own elements of a presence: what only the room may say is left out. */
function ownElements(children: readonly Element[]): Element[] {
  const ours = [NS_MUC, NS_MUC_USER, NS_OCCUPANT_ID, "urn:xmpp:hats:0", "urn:xmpp:delay"];
  return children.filter((child) => !ours.includes(child.getNS() ?? ""));
}
