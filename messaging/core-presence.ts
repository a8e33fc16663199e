/** Presence of people inside, their nicks, and their leaving: XEP-0045 7.6, 7.7, 7.14. Pure: state in, effects out. */
import type { Element } from "../components/stanza.ts";
import { NS_MUC, NS_MUC_USER, status } from "../components/xep/xep-0045-muc.ts";
import { NS_OCCUPANT_ID } from "../components/xep/xep-0421-occupant-id.ts";
import { KontorError } from "../platform/errors.ts";
import { checkNick } from "./core-alike.ts";
import { announce, departure, ended, presenceOf, unlist } from "./core-announce.ts";
import { enforcedNick } from "./core-nick.ts";
import { destroyed } from "./core-owner.ts";
import { settleQuiet } from "./core-quiet.ts";
import { type Effect, everySession, nickKey, type Occupant, type RoomState, seat, unseat } from "./core-state.ts";

/** Presence of somebody inside: a new status, or a new nick (7.6, 7.7). Undefined: this session is not in the room. */
export function changePresence(
  room: RoomState,
  change: { readonly jid: string; readonly nick: string; readonly presence: readonly Element[] },
): Effect[] | undefined {
  const occupant = room.bySession.get(change.jid);
  const session = occupant?.sessions.get(change.jid);
  if (!occupant || !session) return undefined;
  const presence = ownElements(change.presence);
  const nick = enforcedNick(change.nick);
  if (nick !== occupant.nick) checkRename(room, occupant, nick);
  session.presence = presence;
  const renamed = nick === occupant.nick ? [] : changeNick(room, change.jid, change.nick);
  return [
    ...renamed,
    ...(renamed.length > 0 ? [] : announce(room, occupant, everySession(room), [])),
    { do: "remember", sessions: [change.jid] },
  ];
}

/** Throws what stands against a new nick of an occupant (7.6). */
function checkRename(room: RoomState, occupant: Occupant, nick: string): void {
  checkNick(room, nick, occupant.bare);
  const taken = room.occupants.get(nickKey(nick));
  if (taken && taken !== occupant) throw new KontorError("conflict", "You use that nick on another device");
}

/** Changes the nick of an occupant on all its devices (7.6). Throws as entering with it would. */
export function changeNick(room: RoomState, jid: string, wanted: string): Effect[] {
  const occupant = room.bySession.get(jid);
  if (!occupant) return [];
  const nick = enforcedNick(wanted);
  checkRename(room, occupant, nick);
  const everybody = everySession(room);
  const gone = departure(room, occupant, everybody, [status.nickChanged], nick);
  unseat(room, occupant);
  occupant.nick = nick;
  seat(room, occupant);
  return [
    ...gone,
    // 7.6: 210 where the room has changed what was asked for.
    ...announce(room, occupant, everybody, nick === wanted ? [] : [status.nickAssigned]),
    { do: "remember", sessions: [...occupant.sessions.keys()] },
  ];
}

/** A session leaves (7.14), or is lost: then with status 333. Not being in the room is no error. */
export function leave(room: RoomState, jid: string, lost: boolean, children: readonly Element[] = []): Effect[] {
  const occupant = room.bySession.get(jid);
  if (!occupant) return [];
  // 10.1.3: a room that its owner leaves before it was configured is no more, and that is said.
  if (room.locked && !lost && room.bySession.size === 1) return [...destroyed(room, {}), { do: "end" }];
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
  unseat(room, occupant);
  const told = departure(room, occupant, everySession(room), codes, undefined, { children });
  unlist(room, occupant);
  return [...own, ...told, ...settleQuiet(room), remember, ...ended(room)];
}

/** Sessions that are lost at once (333): who remains is told of each, and none of them of another. */
export function loseAll(room: RoomState, jids: readonly string[]): Effect[] {
  const gone = new Set(jids);
  return jids
    .flatMap((jid) => leave(room, jid, true))
    .flatMap((effect): Effect[] => {
      if (effect.do !== "send") return [effect];
      const to = effect.to.filter((jid) => !gone.has(jid));
      return to.length > 0 ? [{ ...effect, to }] : [];
    });
}

/** The client's own elements of a presence: what only the room may say is left out. */
export function ownElements(children: readonly Element[]): Element[] {
  const ours = [NS_MUC, NS_MUC_USER, NS_OCCUPANT_ID, "urn:xmpp:hats:0", "urn:xmpp:delay"];
  return children.filter((child) => !ours.includes(child.getNS() ?? ""));
}
