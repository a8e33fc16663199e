/** Entering a room, and coming back to it: XEP-0045 7.1, 7.2, 10.1. Pure: state in, effects out. */
import type { Element } from "../components/stanza.ts";
import { type Affiliation, type HistoryRequest, status } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";
import { equalSecrets } from "../platform/secrets.ts";
import { checkNick } from "./core-alike.ts";
import { announce, othersTo, selfPresence } from "./core-announce.ts";
import { MAX_OCCUPANTS } from "./core-config.ts";
import { enforcedNick } from "./core-nick.ts";
import { changeNick, ownElements } from "./core-presence.ts";
import { quietNotice, restoreQuiet, settleQuiet } from "./core-quiet.ts";
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
  seat,
} from "./core-state.ts";

const MAX_SESSIONS = 20;

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
  /** What is said is kept for people to read back. */
  readonly logged: boolean;
  /** The room was made by this join (10.1.1). */
  readonly created: boolean;
}

/** A session enters, or an occupant's further device does. Throws `conflict`, `not-acceptable`, `forbidden`, `too-many`. */
export function join(room: RoomState, request: JoinRequest): Effect[] {
  const present = room.bySession.get(request.jid);
  if (present) return rejoin(room, present, request);
  const nick = enforcedNick(request.nick);
  const affiliation = checkEntry(room, { ...request, nick });
  const existing = room.occupants.get(nickKey(nick));
  if (existing && existing.sessions.size >= MAX_SESSIONS)
    throw new KontorError("too-many", "Too many devices use this nick");
  const occupant: Occupant = existing ?? {
    nick,
    bare: request.bare,
    affiliation,
    role: initialRole(room.config, affiliation),
    occupantId: request.occupantId,
    sessions: new Map(),
    far: undefined,
  };
  const others = everySession(room);
  const session: Session = {
    jid: request.jid,
    presence: ownElements(request.presence),
    waiting: room.quiet ? [quietNotice(room)] : [],
    entered: room.entries,
  };
  room.entries += 1;
  if (room.quiet && !existing && occupant.role !== "moderator") room.withheld.set(occupant, 0);
  occupant.sessions.set(request.jid, session);
  seat(room, occupant);
  room.bySession.set(request.jid, occupant);
  return [
    ...othersTo(room, occupant, request.jid),
    ...announce(room, occupant, others, []),
    selfPresence(room, occupant, request.jid, [
      ...selfStatuses(room, request),
      ...(request.created ? [status.created] : []),
      ...assigned(occupant, request),
    ]),
    { do: "history", session: request.jid, upTo: room.lastSeq, request: request.history },
    { do: "remember", sessions: [request.jid] },
    ...settleQuiet(room),
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

/** The nick is not quite the one that was asked for (7.2.2, status 210). */
const assigned = ({ nick }: Occupant, wanted: { readonly nick: string }): number[] =>
  nick === wanted.nick ? [] : [status.nickAssigned];

/** What a room tells somebody who enters of itself (7.2.3, 7.2.4, 7.2.13). */
const selfStatuses = ({ config }: RoomState, { logged }: Pick<JoinRequest, "logged">): number[] => [
  ...(config.whois === "anyone" ? [status.nonAnonymous] : []),
  status.self,
  ...(logged ? [status.logged] : []),
];

/** Puts a session back that an earlier owner process knew: it was let in then, and nobody is told. */
export function restoreOccupant(
  room: RoomState,
  live: Pick<JoinRequest, "jid" | "bare" | "nick" | "occupantId" | "presence"> & {
    readonly role: Occupant["role"];
    readonly entered: number;
    readonly withheld: number | null;
  },
): void {
  const affiliation = affiliationOf(room, live.bare);
  if (affiliation === "outcast") return;
  const key = nickKey(live.nick);
  const { nick, bare, occupantId, role } = live;
  const fresh: Occupant = { nick, bare, affiliation, role, occupantId, sessions: new Map(), far: undefined };
  const occupant = room.occupants.get(key) ?? fresh;
  if (occupant.bare !== bare) return;
  const { jid, entered } = live;
  occupant.sessions.set(jid, { jid, presence: ownElements(live.presence), waiting: undefined, entered });
  seat(room, occupant);
  room.bySession.set(jid, occupant);
  room.entries = Math.max(room.entries, entered + 1);
  if (live.withheld !== null) room.withheld.set(occupant, live.withheld);
  restoreQuiet(room);
}

/** A client that lost track joins again from the same address: it is told everything anew, nobody else is (7.2.1). */
function rejoin(room: RoomState, occupant: Occupant, request: JoinRequest): Effect[] {
  const renamed = nickKey(occupant.nick) === nickKey(request.nick) ? [] : changeNick(room, request.jid, request.nick);
  const session = occupant.sessions.get(request.jid);
  if (session) {
    session.waiting = [];
    session.entered = room.entries;
    room.entries += 1;
  }
  return [
    ...renamed,
    ...othersTo(room, occupant, request.jid),
    selfPresence(room, occupant, request.jid, [...selfStatuses(room, request), ...assigned(occupant, request)]),
    { do: "history", session: request.jid, upTo: room.lastSeq, request: request.history },
    { do: "remember", sessions: [request.jid] },
  ];
}
