/**
 * Queries from one occupant to another through the room (XEP-0045 6.6, 17.4): vCards, versions, pings, anything. Each
 * sees the other by the address in the room; who is asked is found in memory, and the answer is waited for there.
 */
import type { DoorContext } from "../components/door.ts";
import { jidText } from "../components/jid.ts";
import type { Incoming } from "../components/router.ts";
import { attr, childElements, type Element, iqResult, x } from "../components/stanza.ts";
import { NS_VCARD } from "../components/xep/xep-0054-vcard.ts";
import { NS_PING } from "../components/xep/xep-0199-ping.ts";
import { KontorError } from "../platform/errors.ts";
import { nickKey, type Occupant, occupantJid, type RoomState } from "./core-state.ts";
import type { Rooms } from "./rooms.ts";

/** The account answers these, and not a client of it. */
const OF_ACCOUNTS = [NS_VCARD, "urn:ietf:params:xml:ns:vcard-4.0", "http://jabber.org/protocol/pubsub"];
const WAIT_MS = 30_000;
/** Queries without an answer yet, of one connection and of a whole tenant. */
const MAX_OF_ONE = 20;
const MAX_WAITING = 2_000;

/** Answers what one occupant asks another. */
export function occupantIq(context: DoorContext, rooms: Rooms) {
  const waiting = new Map<string, number>();
  let all = 0;
  const counted = async <R>(session: string, work: () => Promise<R>): Promise<R> => {
    const mine = waiting.get(session) ?? 0;
    if (mine >= MAX_OF_ONE || all >= MAX_WAITING) {
      throw new KontorError("too-many", "Wait for the answers to what you asked before");
    }
    waiting.set(session, mine + 1);
    all += 1;
    try {
      return await work();
    } finally {
      all -= 1;
      const left = (waiting.get(session) ?? 1) - 1;
      if (left === 0) waiting.delete(session);
      else waiting.set(session, left);
    }
  };

  return async ({ stanza, from, to }: Incoming, payload: Element): Promise<Element> => {
    const session = jidText(from);
    const room = await rooms.withRoom(to.local, (found) => found);
    const sender = room?.bySession.get(session);
    if (!room || !sender) throw new KontorError("not-acceptable", "You are not in this room");
    const type = attr(stanza, "type");
    // XEP-0410: whoever pings the own address wants to know whether it is still in the room.
    const isPing = type === "get" && payload.getNS() === NS_PING;
    if (isPing && nickKey(sender.nick) === nickKey(to.resource)) return iqResult(stanza);
    const { receiver, device } = receiverOf(room, to.resource);
    const bare = OF_ACCOUNTS.includes(payload.getNS() ?? "");
    const address = bare && receiver.bare !== null ? receiver.bare : device;
    const query = x("iq", { type, from: occupantJid(room, sender.nick), to: address }, payload);
    const answer = await counted(session, () => context.exchange(query, WAIT_MS));
    if (!room.bySession.has(device)) throw new KontorError("not-found", "Who was asked has left the room");
    if (!room.bySession.has(session)) throw new KontorError("not-acceptable", "You are not in this room");
    return x(
      "iq",
      { type: attr(answer, "type"), from: jidText(to), to: session, id: attr(stanza, "id") },
      ...childElements(answer).map(unsigned),
    );
  };
}

/** Who has that nick, and the device that spoke of itself last. */
function receiverOf(room: RoomState, nick: string): { readonly receiver: Occupant; readonly device: string } {
  const receiver = room.occupants.get(nickKey(nick));
  if (!receiver) throw new KontorError("not-found", "There is nobody with that nick");
  const device = [...receiver.sessions.keys()].at(-1);
  if (device === undefined) {
    throw new KontorError("service-unavailable", "People of another network can't be asked through this room");
  }
  return { receiver, device };
}

/** An error may say by whom it is (RFC 6120 8.3.2): a real address, which is nobody's to know. */
function unsigned(child: Element): Element {
  if (child.name === "error") child.attrs.by = undefined;
  return child;
}
