/** Messages to the rooms of one tenant: what is said in them, what is said to one occupant, letters, and what bounced. */
import type { DoorContext } from "../components/door.ts";
import type { Held } from "../components/hold.ts";
import { bareOf, jidText } from "../components/jid.ts";
import type { Incoming } from "../components/router.ts";
import { attr, type Element, stanzaError } from "../components/stanza.ts";
import { KontorError } from "../platform/errors.ts";
import { groupchat, privateMessage } from "./core-message.ts";
import { type Effect, everySession, type RoomState } from "./core-state.ts";
import type { Letters } from "./letters.ts";
import type { Lost } from "./lost.ts";
import { asksToRetract, retractOwn } from "./retract.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";

/** Conditions of a bounced stanza that mean the receiver is gone (as servers' own rooms take them). */
const GONE = [
  "gone",
  "item-not-found",
  "recipient-unavailable",
  "redirect",
  "remote-server-not-found",
  "service-unavailable",
];

export interface RoomMessages {
  /** Carries a message out once, also when the server gives it out again. Throws what its sender is told. */
  take(incoming: Incoming): void | Promise<void>;
  /** A stanza of ours came back: who is gone leaves the room. */
  bounced(incoming: Incoming): void | Promise<void>;
}

export function roomMessages(
  context: DoorContext,
  { rooms, letters, lost }: { readonly rooms: Rooms; readonly letters: Letters; readonly lost: Lost },
  deps: RoomsDeps,
): RoomMessages {
  const take: RoomMessages["take"] = (incoming) => {
    const { stanza, from, to, held } = incoming;
    if (attr(stanza, "type") === "error") return bounced(incoming);
    lost.heardFrom(jidText(from));
    if (to.local === "") throw new KontorError("service-unavailable", "Send messages to a room of this domain");
    if (!held?.again) return rooms.inRoom(to.local, (room) => said(room, incoming));
    return rooms.withRepeated(to.local, held.mark, (room, logged) => {
      // We were at it ourselves when the stream broke, and are done since.
      if (context.isReleased(held.mark)) return;
      if (room && logged) return reflectAgain(room, logged, held);
      return rooms.inRoom(to.local, (found) => said(found, incoming));
    });
  };

  /** It is in the log, and whoever put it there ended before anybody was given it. */
  const reflectAgain = (room: RoomState, stanza: Element, held: Held) =>
    rooms.apply(room, [{ do: "send", stanza, to: everySession(room), releases: held.take() }]);

  const said = (room: RoomState, incoming: Incoming): void | Promise<void> => {
    const { stanza, from, to, held } = incoming;
    const session = jidText(from);
    rooms.rates.message(bareOf(from), room.id);
    const say = (effects: readonly Effect[]) => {
      // Typing and the like says nothing. What is refused for another reason counts for nothing.
      if (stanza.getChild("body") || effects.some((effect) => effect.do === "append")) rooms.quota.count();
      rooms.applyHeld(room, effects, held);
    };
    if (to.resource !== "") return say(privateMessage(room, session, to.resource, stanza));
    if (attr(stanza, "type") === "groupchat") {
      const asked = asksToRetract(stanza);
      if (!asked) {
        const effects = groupchat(room, session, stanza, deps.clock());
        rooms.news.said(room, session, stanza, effects);
        return say(effects);
      }
      return retractOwn(context, deps, room, { session, message: stanza, asked }).then(say);
    }
    return refuseUnless(letters.take(room, incoming));
  };

  const bounced: RoomMessages["bounced"] = (incoming) => {
    const { stanza, from, to } = incoming;
    const gone = GONE.includes(stanzaError(stanza).condition);
    if (to.local === "" || !(gone || stanza.name === "message")) return;
    return rooms.withRoom(to.local, async (room) => {
      if (!room) return;
      if (gone) lost.gone(room.name, jidText(from));
      if (stanza.name === "message") await letters.bounced(room, incoming);
    });
  };

  return { take, bounced };
}

function refuseUnless(taken: boolean | Promise<boolean>): void | Promise<void> {
  if (taken instanceof Promise) return taken.then(refuseUnless);
  if (!taken) throw new KontorError("feature-not-implemented", "Rooms take messages of type groupchat");
}
