/** How a room tells of its occupants: XEP-0045 7.2.2, 7.2.5, 7.14, XEP-0421, XEP-0317. Pure. */
import { type Element, x } from "../components/stanza.ts";
import { type Affiliation, mucUser, status } from "../components/xep/xep-0045-muc.ts";
import { occupantIdElement } from "../components/xep/xep-0421-occupant-id.ts";
import { hatsOf } from "./core-hats.ts";
import {
  type Effect,
  everySession,
  type Occupant,
  occupantJid,
  type RoomState,
  type Shown,
  unseat,
} from "./core-state.ts";

interface Why {
  readonly reason?: string | undefined;
  readonly actor?: { readonly nick: string } | undefined;
}

interface PresenceDetails extends Why {
  readonly unavailable?: boolean;
  readonly statuses: readonly number[];
  readonly role?: "none";
  readonly realJid?: boolean;
  readonly newNick?: string | undefined;
  readonly children?: readonly Element[];
}

export function presenceOf(room: RoomState, occupant: Occupant, details: PresenceDetails): Element {
  const latest = [...occupant.sessions.values()].at(-1);
  const said = latest?.presence ?? awayElements(occupant);
  const children = details.unavailable ? (details.children ?? []) : said;
  const { reason, actor, newNick } = details;
  const presence = x(
    "presence",
    { from: occupantJid(room, occupant.nick), type: details.unavailable ? "unavailable" : undefined },
    ...children.map(copyOf),
    mucUser.write({
      item: {
        affiliation: occupant.affiliation,
        role: details.role ?? occupant.role,
        ...(details.realJid && latest ? { jid: latest.jid } : {}),
        ...(newNick === undefined ? {} : { nick: newNick }),
        ...(reason === undefined ? {} : { reason }),
        ...(actor === undefined ? {} : { actor }),
      },
      statuses: [...details.statuses],
    }),
    occupantIdElement(occupant.occupantId),
    hatsOf(room, occupant),
  );
  return presence;
}

/** Somebody of another network who is away there (RFC 6121 4.7.2). */
function awayElements({ far }: Occupant): Element[] {
  const away = far?.away ?? null;
  if (away === null) return [];
  return [x("show", {}, "away"), ...(away === "" ? [] : [x("status", {}, away)])];
}

/** An element belongs to one parent: each stanza gets a copy that shares the children. */
function copyOf(element: Element): Element {
  const copy = x(element.name, element.attrs);
  copy.children = element.children;
  return copy;
}

/** Whether the presence of an occupant is told to all (muc#roomconfig_presencebroadcast). */
export const isAnnounced = (room: RoomState, { role }: Occupant): boolean =>
  role === "none" || room.config.announcedRoles.includes(role);

/** Whether a session was told of an occupant that a large room withholds, or would have been were it not withheld. */
function wasTold(room: RoomState, occupant: Occupant, jid: string): boolean {
  const before = room.withheld.get(occupant);
  if (before === undefined) return true;
  const entered = room.bySession.get(jid)?.sessions.get(jid)?.entered;
  return entered !== undefined && entered < before;
}

/**
 * Splits receivers by what they may know: some see real addresses (7.2.5), the occupant itself gets status 110, and who
 * is not announced is known to itself and to moderators only.
 */
function audience(room: RoomState, occupant: Occupant, to: readonly string[], forced: boolean) {
  const self = to.filter((jid) => occupant.sessions.has(jid));
  const others = to.filter((jid) => !occupant.sessions.has(jid));
  const isModerator = (jid: string) => room.bySession.get(jid)?.role === "moderator";
  const announced = isAnnounced(room, occupant);
  const told = forced
    ? others
    : others.filter((jid) => isModerator(jid) || (announced && wasTold(room, occupant, jid)));
  const seesAll = room.config.whois === "anyone";
  return {
    self,
    knowing: told.filter((jid) => seesAll || isModerator(jid)),
    unknowing: told.filter((jid) => !seesAll && !isModerator(jid)),
  };
}

/** Tells these sessions of an occupant. `forced`: also of one who is not announced, since its role has changed. */
export function announce(
  room: RoomState,
  occupant: Occupant,
  to: readonly string[],
  statuses: readonly number[],
  why: Why & { readonly forced?: boolean } = {},
): Effect[] {
  // From now on all know of this one.
  if (why.forced) room.withheld.delete(occupant);
  const { self, knowing, unknowing } = audience(room, occupant, to, why.forced ?? false);
  const effects: Effect[] = [];
  const send = (receivers: readonly string[], realJid: boolean, more: readonly number[]) => {
    if (receivers.length === 0) return;
    const stanza = presenceOf(room, occupant, { ...why, statuses: [...statuses, ...more], realJid });
    effects.push({ do: "send", to: receivers, stanza });
  };
  send(knowing, true, []);
  send(unknowing, false, []);
  send(self, true, [status.self]);
  return effects;
}

/** Tells these sessions that an occupant is gone from a nick. */
export function departure(
  room: RoomState,
  occupant: Occupant,
  to: readonly string[],
  statuses: readonly number[],
  newNick: string | undefined,
  why: Why & { readonly children?: readonly Element[] } = {},
): Effect[] {
  const renamed = newNick !== undefined && !room.withheld.has(occupant);
  const { self, knowing, unknowing } = audience(room, occupant, to, renamed);
  const send = (receivers: readonly string[], realJid: boolean, more: readonly number[]): Effect[] => {
    if (receivers.length === 0) return [];
    const stanza = presenceOf(room, occupant, {
      ...why,
      unavailable: true,
      statuses: [...statuses, ...more],
      newNick,
      realJid,
      ...(newNick === undefined ? { role: "none" as const } : {}),
    });
    return [{ do: "send", to: receivers, stanza }];
  };
  return [...send(knowing, true, []), ...send(unknowing, false, []), ...send(self, true, [status.self])];
}

/** Takes an occupant out with all its devices: kicked, banned, or no longer fit to be here (8.2, 9.1, 9.4, 10.2.1). */
export function removal(
  room: RoomState,
  occupant: Occupant,
  {
    statuses,
    reason,
    by,
    affiliation,
  }: {
    readonly statuses: readonly number[];
    readonly reason?: string | undefined;
    readonly by?: { readonly nick: string } | undefined;
    readonly affiliation?: Affiliation;
  },
): Effect[] {
  if (affiliation !== undefined) occupant.affiliation = affiliation;
  const told = departure(room, occupant, everySession(room), statuses, undefined, { reason, actor: by });
  const sessions = [...occupant.sessions.keys()];
  for (const jid of sessions) room.bySession.delete(jid);
  occupant.sessions.clear();
  unseat(room, occupant);
  unlist(room, occupant);
  return [...told, { do: "remember", sessions }, ...ended(room)];
}

/** Forgets of somebody who is gone whether others were told. */
export function unlist(room: RoomState, occupant: Occupant): void {
  room.withheld.delete(occupant);
  room.speakers.delete(occupant);
}

/** Tells those of an occupant who were not told, so that all are. */
export function reveal(room: RoomState, occupant: Occupant): Effect[] {
  if (!room.withheld.has(occupant)) return [];
  const unaware = everySession(room).filter((jid) => {
    const known = room.bySession.get(jid)?.role === "moderator" || wasTold(room, occupant, jid);
    return !known && !occupant.sessions.has(jid);
  });
  room.withheld.delete(occupant);
  return [...announce(room, occupant, unaware, []), { do: "remember", sessions: [...occupant.sessions.keys()] }];
}

/** A room that does not stay ends with its last occupant (10.9); people of other networks alone do not keep it. */
export function ended(room: RoomState): Effect[] {
  return room.bySession.size === 0 && (!room.config.persistent || room.locked) ? [{ do: "end" }] : [];
}

/** The presence of everybody already here, to one session (7.2.2). */
export function othersTo(room: RoomState, self: Occupant, jid: string): Effect[] {
  const moderates = self.role === "moderator";
  const realJid = moderates || room.config.whois === "anyone";
  return [...room.occupants.values()]
    .filter(
      (occupant) => occupant !== self && (moderates || (isAnnounced(room, occupant) && wasTold(room, occupant, jid))),
    )
    .map((occupant) => ({ do: "send", to: [jid], stanza: shownPresence(room, occupant, realJid) }));
}

/** To one session, of those whom the room withholds from others: for somebody who moderates from now on. */
export function withheldTo(room: RoomState, jid: string): Effect[] {
  return [...room.withheld.keys()].map((each) => ({
    do: "send",
    to: [jid],
    stanza: shownPresence(room, each, true),
  }));
}

/** The same presence for each newcomer: in a join storm it is made, and made into text, once and not once for each. */
function shownPresence(room: RoomState, occupant: Occupant, realJid: boolean): Element {
  const { nick, affiliation, role, worn } = occupant;
  const session = [...occupant.sessions.values()].at(-1);
  const presence = session?.presence;
  occupant.shown ??= {};
  const key = realJid ? "named" : "unnamed";
  const known = occupant.shown[key];
  if (known && isCurrent(known, { nick, affiliation, role, worn, session, presence })) return known.stanza;
  const stanza = presenceOf(room, occupant, { statuses: [], realJid });
  occupant.shown[key] = { nick, affiliation, role, worn, session, presence, stanza };
  return stanza;
}

const isCurrent = (known: Shown, now: Omit<Shown, "stanza">): boolean =>
  known.nick === now.nick &&
  known.affiliation === now.affiliation &&
  known.role === now.role &&
  known.worn === now.worn &&
  known.session === now.session &&
  known.presence === now.presence;

export function selfPresence(room: RoomState, occupant: Occupant, jid: string, statuses: readonly number[]): Effect {
  return { do: "send", to: [jid], stanza: presenceOf(room, occupant, { statuses, realJid: true }) };
}
