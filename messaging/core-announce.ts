/** How a room tells of its occupants: XEP-0045 7.2.2, 7.2.5, 7.14, XEP-0421, XEP-0317. Pure. */
import { type Element, x } from "../components/stanza.ts";
import { mucUser, status } from "../components/xep/xep-0045-muc.ts";
import { hats } from "../components/xep/xep-0317-hats.ts";
import { occupantIdElement } from "../components/xep/xep-0421-occupant-id.ts";
import { type Effect, type Occupant, occupantJid, type RoomState } from "./core-state.ts";

interface PresenceDetails {
  readonly unavailable?: boolean;
  readonly statuses: readonly number[];
  readonly role?: "none";
  readonly realJid?: boolean;
  readonly newNick?: string | undefined;
  readonly children?: readonly Element[];
}

export function presenceOf(room: RoomState, occupant: Occupant, details: PresenceDetails): Element {
  const latest = [...occupant.sessions.values()].at(-1);
  const children = details.unavailable ? (details.children ?? []) : (latest?.presence ?? []);
  const presence = x(
    "presence",
    { from: occupantJid(room, occupant.nick), type: details.unavailable ? "unavailable" : undefined },
    ...children.map(copyOf),
    mucUser.write({
      item: {
        affiliation: occupant.affiliation,
        role: details.role ?? occupant.role,
        ...(details.realJid && latest ? { jid: latest.jid } : {}),
        ...(details.newNick === undefined ? {} : { nick: details.newNick }),
      },
      statuses: [...details.statuses],
    }),
    occupantIdElement(occupant.occupantId),
    occupant.far &&
      hats.write({
        hats: [{ uri: `urn:kontor:hat:${occupant.far.network}`, title: occupant.far.network.toUpperCase() }],
      }),
  );
  return presence;
}

/** An element belongs to one parent: each stanza gets a copy that shares the children. */
function copyOf(element: Element): Element {
  const copy = x(element.name, element.attrs);
  copy.children = element.children;
  return copy;
}

/** Tells these sessions of an occupant: moderators see the real address (semi-anonymous rooms, 7.2.5). */
export function announce(
  room: RoomState,
  occupant: Occupant,
  to: readonly string[],
  statuses: readonly number[],
): Effect[] {
  const isModerator = (jid: string) => room.bySession.get(jid)?.role === "moderator";
  const isSelf = (jid: string) => occupant.sessions.has(jid);
  const effects: Effect[] = [];
  const send = (receivers: readonly string[], realJid: boolean, more: readonly number[]) => {
    if (receivers.length === 0) return;
    effects.push({
      do: "send",
      to: receivers,
      stanza: presenceOf(room, occupant, { statuses: [...statuses, ...more], realJid }),
    });
  };
  send(
    to.filter((jid) => isModerator(jid) && !isSelf(jid)),
    true,
    [],
  );
  send(
    to.filter((jid) => !isModerator(jid) && !isSelf(jid)),
    false,
    [],
  );
  send(to.filter(isSelf), true, [status.self]);
  return effects;
}

/** Tells these sessions that an occupant is gone from a nick. */
export function departure(
  room: RoomState,
  occupant: Occupant,
  to: readonly string[],
  statuses: readonly number[],
  newNick: string | undefined,
): Effect[] {
  const send = (receivers: readonly string[], more: readonly number[]): Effect => ({
    do: "send",
    to: receivers,
    stanza: presenceOf(room, occupant, {
      unavailable: true,
      statuses: [...statuses, ...more],
      newNick,
      ...(newNick === undefined ? { role: "none" as const } : {}),
    }),
  });
  const self = to.filter((jid) => occupant.sessions.has(jid));
  const others = to.filter((jid) => !occupant.sessions.has(jid));
  return [...(others.length > 0 ? [send(others, [])] : []), ...(self.length > 0 ? [send(self, [status.self])] : [])];
}

/** The presence of everybody already here, to one session (7.2.2). */
export function othersTo(room: RoomState, self: Occupant, jid: string): Effect[] {
  const realJid = self.role === "moderator";
  return [...room.occupants.values()]
    .filter((occupant) => occupant !== self)
    .map((occupant) => ({ do: "send", to: [jid], stanza: presenceOf(room, occupant, { statuses: [], realJid }) }));
}

export function selfPresence(room: RoomState, occupant: Occupant, jid: string, statuses: readonly number[]): Effect {
  return { do: "send", to: [jid], stanza: presenceOf(room, occupant, { statuses, realJid: true }) };
}
