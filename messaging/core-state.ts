import type { Element } from "../components/stanza.ts";
import type { Affiliation, HistoryRequest, Role } from "../components/xep/xep-0045-muc.ts";

/** One connection of an occupant: one nick may be used from several devices of one person. */
export interface Session {
  /** Full address. */
  readonly jid: string;
  /** What the last presence of this device held, without the room's own elements. */
  presence: readonly Element[];
  /** While its history is being read, messages wait here so that they come after it. */
  waiting: Element[] | undefined;
}

/** Somebody in a room, as seen under one nick. */
export interface Occupant {
  nick: string;
  /** Bare address; null for somebody of another network. */
  readonly bare: string | null;
  readonly affiliation: Affiliation;
  readonly role: Role;
  readonly occupantId: string;
  /** Empty for somebody of another network. */
  readonly sessions: Map<string, Session>;
  /** The link by which somebody of another network is here, and the id there. */
  readonly far: { readonly link: string; readonly network: string; readonly id: string } | undefined;
}

export interface RoomConfig {
  readonly title: string;
  /** Listed in the directory of the tenant. */
  readonly listed: boolean;
  /** Messages of history that a joining client gets when it names no limit. */
  readonly history: number;
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
  readonly affiliations: Map<string, Affiliation>;
  /** By nick in the form that is compared. */
  readonly occupants: Map<string, Occupant>;
  /** Full address -> occupant. */
  readonly bySession: Map<string, Occupant>;
  /** The last committed and reflected entry. */
  lastSeq: number;
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
}

/** What the core wants done. */
export type Effect =
  | { readonly do: "send"; readonly stanza: Element; readonly to: readonly string[] }
  | { readonly do: "append"; readonly draft: LogDraft }
  /** Read the history up to `upTo` for this session, then release what waits for it. */
  | {
      readonly do: "history";
      readonly session: string;
      readonly upTo: number;
      readonly request: HistoryRequest | undefined;
    }
  /** Live state of these sessions changed: joined, changed or gone. */
  | { readonly do: "remember"; readonly sessions: readonly string[] };

/** Nicks that differ only in case or composition are one (RFC 8266 compares so). */
export function nickKey(nick: string): string {
  return nick.normalize("NFKC").toLowerCase();
}

/** The address of an occupant. */
export function occupantJid(room: RoomState, nick: string): string {
  return `${room.jid}/${nick}`;
}

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
  readonly affiliations: ReadonlyMap<string, Affiliation>;
  readonly lastSeq: number;
}): RoomState {
  return { ...room, affiliations: new Map(room.affiliations), occupants: new Map(), bySession: new Map() };
}
