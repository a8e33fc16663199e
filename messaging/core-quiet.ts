/**
 * Large rooms keep quiet: of the many who only listen nobody but moderators is told, so that a room of thousands costs
 * what its speakers cost. Who speaks is shown. Those of whom somebody was told before stay with that one until they
 * leave: nobody hears of a stranger who goes. Pure: state in, effects out.
 */
import { type Element, x } from "../components/stanza.ts";
import { mucUser, status } from "../components/xep/xep-0045-muc.ts";
import { reveal } from "./core-announce.ts";
import type { Effect, Occupant, RoomState } from "./core-state.ts";

/** A room is loud again when it has shrunk to this share of `quietFrom`: one person at the door must not switch it. */
const LOUD_AGAIN = 0.75;
/** Who wrote last, so many are shown to newcomers. */
const SHOWN_SPEAKERS = 50;
/** Withheld people who are told at once in a room that is loud again: each is told to everybody. */
const TOLD_AT_ONCE = 20;

/** Whether a room of this size keeps quiet, given whether it does now. */
function keepsQuiet({ quiet, config, occupants }: RoomState): boolean {
  if (config.quietFrom === 0) return false;
  return occupants.size >= (quiet ? Math.floor(config.quietFrom * LOUD_AGAIN) + 1 : config.quietFrom);
}

/** Looks at the size of the room after people came or went, or its configuration changed. A switch is told to all. */
export function settleQuiet(room: RoomState): Effect[] {
  const quiet = keepsQuiet(room);
  if (quiet === room.quiet) return [];
  room.quiet = quiet;
  room.speakers.clear();
  const changed = quiet ? [...room.occupants.values()].filter((each) => withhold(room, each)) : [];
  const sessions = changed.flatMap((each) => [...each.sessions.keys()]);
  const stanza = quietNotice(room);
  const to: string[] = [];
  for (const [jid, occupant] of room.bySession) {
    // Who just enters gets it after the history, as any message.
    const waiting = occupant.sessions.get(jid)?.waiting;
    if (waiting) waiting.push(stanza);
    else to.push(jid);
  }
  return [
    ...(to.length > 0 ? [{ do: "send", stanza, to } as const] : []),
    ...(sessions.length > 0 ? [{ do: "remember", sessions } as const] : []),
  ];
}

/** Newcomers are not told of this one from now on; whether that is anything new. */
function withhold(room: RoomState, occupant: Occupant): boolean {
  if (occupant.role === "moderator" || room.withheld.has(occupant)) return false;
  room.withheld.set(occupant, room.entries);
  return true;
}

/** Somebody wrote: all are told of this one, and newcomers no more of the one who has been silent longest. */
export function spoke(room: RoomState, occupant: Occupant): Effect[] {
  const told = reveal(room, occupant);
  if (!room.quiet) return told;
  room.speakers.delete(occupant);
  room.speakers.add(occupant);
  const [silent] = room.speakers;
  if (!silent || room.speakers.size <= SHOWN_SPEAKERS) return told;
  room.speakers.delete(silent);
  return withhold(room, silent) ? [...told, { do: "remember", sessions: [...silent.sessions.keys()] }] : told;
}

/** After a restart: as many are inside as keep quiet or not; nobody is told anew. */
export function restoreQuiet(room: RoomState): void {
  room.quiet = keepsQuiet(room);
}

/** What the room says of itself, as a message that nobody stores; clients look at the room anew upon status 104. */
export function quietNotice(room: RoomState): Element {
  const english = /^en\b/i.test(room.config.language);
  const texts = room.quiet
    ? {
        de: "Der Raum ist groß: Angezeigt werden nur Moderation und wer schreibt. Die anderen sind trotzdem da.",
        en: "This is a large room: only moderators and people who write are shown. The others are here all the same.",
      }
    : { de: "Ab jetzt werden wieder alle angezeigt.", en: "From now on everybody is shown again." };
  return x(
    "message",
    { from: room.jid, type: "groupchat" },
    x("body", {}, english ? texts.en : texts.de),
    x("no-store", { xmlns: "urn:xmpp:hints" }),
    mucUser.write({ statuses: [status.configured] }),
  );
}

/** In a room that is loud again: tells of some of those who were withheld. Call it again until it gives nothing. */
export function revealSome(room: RoomState): Effect[] {
  if (room.quiet) return [];
  return [...room.withheld.keys()].slice(0, TOLD_AT_ONCE).flatMap((occupant) => reveal(room, occupant));
}
