import type { DoorContext } from "../components/door.ts";
import { x } from "../components/stanza.ts";
import { pingRequest } from "../components/xep/xep-0199-ping.ts";
import type { RoomState } from "./core-state.ts";

/** Of one tenant, however many rooms are looked through: a server that has just come up is not met by a storm. */
const PINGS_AT_ONCE = 20;
const PING_MS = 15_000;

/**
 * Finds occupants who went while nobody listened. Who answers a ping is there (XEP-0199). Any error leaves it open:
 * a client that does not know pings says what a server says for nobody (XEP-0199 4.1, RFC 6120 8.4). Then an empty
 * message is sent: it bounces when nobody is there, and the bounce takes the occupant out.
 */
export function ghostFinder({
  request,
  send,
}: Pick<DoorContext, "request" | "send">): (rooms: readonly RoomState[]) => void {
  const waiting: { readonly from: string; readonly to: string }[] = [];
  let asking = 0;
  const ask = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { from, to } = next;
      await request(pingRequest(from, to), PING_MS).catch(() => send(x("message", { from, to, type: "groupchat" })));
    }
    asking -= 1;
  };
  return (rooms) => {
    for (const { jid: from, bySession } of rooms) for (const to of bySession.keys()) waiting.push({ from, to });
    for (let more = Math.min(PINGS_AT_ONCE - asking, waiting.length); more > 0; more -= 1) {
      asking += 1;
      void ask();
    }
  };
}
