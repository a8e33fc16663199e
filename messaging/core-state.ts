import type { Element } from "../components/stanza.ts";
import type { Affiliation, HistoryRequest, Role } from "../components/xep/xep-0045-muc.ts";
import type { LoggedCommand } from "./core-commands.ts";
import type { RoomConfig } from "./core-config.ts";
import type { WornRole } from "./core-hats.ts";
import { looksOf, nickKey } from "./core-nick.ts";

/** One connection of an occupant: one nick may be used from several devices of one person. */
export interface Session {
  /** Full address. */
  readonly jid: string;
  /** What the last presence of this device held, without the room's own elements. */
  presence: readonly Element[];
  /** Of all entries into the room, which one this was: it tells of whom this session was told. */
  entered: number;
  /** While its history is being read, messages wait here so that they come after it. */
  waiting: Element[] | undefined;
}

/** Somebody in a room, as seen under one nick. */
export interface Occupant {
  nick: string;
  /** Bare address; null for somebody of another network. */
  readonly bare: string | null;
  affiliation: Affiliation;
  role: Role;
  readonly occupantId: string;
  /** Empty for somebody of another network. */
  readonly sessions: Map<string, Session>;
  /** The link by which somebody of another network is here, and the id there. */
  readonly far: FarOccupant | undefined;
  /** The roles in the tenant that others see. */
  worn?: readonly WornRole[];
  /** Its presence as newcomers get it, made once and kept as long as it is right; with the real address and without. */
  shown?: { named?: Shown; unnamed?: Shown };
}

interface FarOccupant {
  readonly link: string;
  readonly network: string;
  readonly id: string;
  /** What somebody who is away there says of it; empty: no more than that, null: not away. */
  away: string | null;
}

/** A presence, with what it was made from. */
export interface Shown extends Pick<Occupant, "nick" | "affiliation" | "role"> {
  readonly worn: readonly WornRole[] | undefined;
  readonly session: Session | undefined;
  readonly presence: readonly Element[] | undefined;
  readonly stanza: Element;
}

/** A lasting tie of somebody to a room (5.2). */
export interface Membership {
  readonly affiliation: Exclude<Affiliation, "none">;
  /** A nick that nobody else may use here (7.10). */
  readonly nick: string | undefined;
  readonly reason: string | undefined;
}

export interface Subject {
  readonly text: string;
  readonly nick: string;
  /** ISO time. */
  readonly at: string;
}

/** A room in the memory of its owner process. The functions of the core change it; nobody else does. */
export interface RoomState {
  readonly id: string;
  /** Bare address. */
  readonly jid: string;
  readonly name: string;
  config: RoomConfig;
  subject: Subject | undefined;
  /** Waits for its first configuration: nobody but its owner may enter (10.1). */
  locked: boolean;
  /** By bare address; an outcast may be a whole domain. */
  readonly memberships: Map<string, Membership>;
  /** How reserved nicks look, with their holders; undefined: to be made from the memberships. */
  reserved: ReadonlyMap<string, string> | undefined;
  /** By nick in the form that is compared. */
  readonly occupants: Map<string, Occupant>;
  /** By how a nick looks. Only `seat` and `unseat` change this and the map above. */
  readonly looks: Map<string, Set<Occupant>>;
  /** Full address -> occupant. */
  readonly bySession: Map<string, Occupant>;
  /** How often somebody has entered. */
  entries: number;
  /** So large that of newcomers only moderators are told. */
  quiet: boolean;
  /** Of whom not all were told: only moderators, and sessions whose entry came before the one named here. */
  readonly withheld: Map<Occupant, number>;
  /** Who wrote lately while the room was quiet; the longest silent one first. */
  readonly speakers: Set<Occupant>;
  /** Id of a recent message -> occupant ids of who sent one with it; the oldest first. */
  readonly authors: Map<string, Set<string>>;
  /** SHA-1 of its picture in hex, if it has one. */
  avatar: string | undefined;
  /** The last committed and reflected entry. */
  lastSeq: number;
}

export const NS_CORRECTION = "urn:xmpp:message-correct:0";

/** Earlier messages that a message takes back: erased in the transaction of its own commit. */
export interface Erasure {
  readonly action: "message:retract" | "message:moderate";
  /** Archive id of what was taken back; `messages` are all its versions. */
  readonly target: string;
  /** Bare address of who did it, and as what. */
  readonly by: string;
  readonly as: "author" | "moderator";
  readonly reason: string | undefined;
  readonly messages: readonly {
    readonly seq: number;
    readonly at: Date;
    readonly sender: string | null;
    /** As it was when it was decided. */
    readonly stanza: string;
    readonly tombstone: string;
  }[];
}

/** A message that was accepted and is to be committed to the log; it is reflected when that is done. */
export interface LogDraft {
  /** As it will be reflected, without `to` and without the id that the commit gives. */
  readonly stanza: Element;
  readonly sender: string | null;
  /** Full address to which a failed commit is told; undefined for other networks. */
  readonly session: string | undefined;
  readonly nick: string;
  readonly occupantId: string;
  readonly body: string | undefined;
  readonly origin: string | undefined;
  readonly originRef: string | undefined;
  /** Set when this is a change of the subject. */
  readonly subject: Subject | undefined;
  readonly erasure?: Erasure;
  /** The mark by which the server keeps the message until it is reflected or refused. */
  readonly held?: string | undefined;
  /** What of the API it carries out. */
  readonly command?: LoggedCommand | undefined;
}

/** What the core wants done. */
export type Effect =
  /** `releases`: the mark of a message with which the server is done when it delivers this. */
  | { readonly do: "send"; readonly stanza: Element; readonly to: readonly string[]; readonly releases?: string }
  | { readonly do: "append"; readonly draft: LogDraft }
  /** Read the history up to `upTo` for this session, then release what waits for it. */
  | {
      readonly do: "history";
      readonly session: string;
      readonly upTo: number;
      readonly request: HistoryRequest | undefined;
      /** The mark by which the server keeps the join until its end. */
      readonly releases?: string;
    }
  /** Live state of these sessions changed: joined, changed or gone. */
  | { readonly do: "remember"; readonly sessions: readonly string[] }
  /** The room has come to its end: it was destroyed, or its last occupant left and it does not stay. */
  | { readonly do: "end" };

export { nickKey };

/** Gives an occupant its place under its nick. */
export function seat(room: RoomState, occupant: Occupant): void {
  room.occupants.set(nickKey(occupant.nick), occupant);
  for (const look of looksOf(occupant.nick)) {
    const alike = room.looks.get(look) ?? new Set();
    room.looks.set(look, alike.add(occupant));
  }
}

/** Takes an occupant from the place under its nick. */
export function unseat(room: RoomState, occupant: Occupant): void {
  room.occupants.delete(nickKey(occupant.nick));
  for (const look of looksOf(occupant.nick)) {
    const alike = room.looks.get(look);
    alike?.delete(occupant);
    if (alike?.size === 0) room.looks.delete(look);
  }
}

/** The address of an occupant. */
export function occupantJid(room: RoomState, nick: string): string {
  return `${room.jid}/${nick}`;
}

/** The affiliation of a bare address: its own, or that of its domain. */
export function affiliationOf(room: RoomState, bare: string): Affiliation {
  const own = room.memberships.get(bare);
  return (own ?? room.memberships.get(bare.slice(bare.indexOf("@") + 1)))?.affiliation ?? "none";
}

/** The role that an affiliation brings with it (5.1.2). */
export function initialRole(config: RoomConfig, affiliation: Affiliation): Exclude<Role, "none"> {
  if (affiliation === "owner" || affiliation === "admin") return "moderator";
  return affiliation === "none" && config.moderated ? "visitor" : "participant";
}

const ranks: Readonly<Record<Affiliation, number>> = { owner: 3, admin: 2, member: 1, none: 0, outcast: -1 };

/** Below 0 when the first counts less than the second. */
export const compareAffiliations = (a: Affiliation, b: Affiliation): number => ranks[a] - ranks[b];

/** Whether somebody with this affiliation may administer the room (9). */
export const administers = (affiliation: Affiliation): boolean => affiliation === "owner" || affiliation === "admin";

/** All full addresses in a room. */
export function everySession(room: RoomState): string[] {
  return [...room.bySession.keys()];
}

export function newRoomState(room: {
  readonly id: string;
  readonly jid: string;
  readonly name: string;
  readonly config: RoomConfig;
  readonly subject: Subject | undefined;
  readonly locked: boolean;
  readonly memberships: ReadonlyMap<string, Membership>;
  readonly lastSeq: number;
  readonly avatar: string | undefined;
}): RoomState {
  return {
    ...room,
    memberships: new Map(room.memberships),
    reserved: undefined,
    occupants: new Map(),
    looks: new Map(),
    bySession: new Map(),
    entries: 0,
    quiet: false,
    withheld: new Map(),
    speakers: new Set(),
    authors: new Map(),
  };
}
