/** Many people enter a room. */
import type { Connection } from "./connection.ts";
import { createMarkerCounter } from "./marker-counter.ts";

const STALLED_MS = 60_000;

/** A presence that enters a room and asks for no history. */
export const joinPresence = (room: string, nick: string): string =>
  `<presence to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>`;

/**
 * They enter in their order with at most `window` under way; after `withinMs` nobody begins any more. Inside is who has
 * the room's subject (XEP-0045 7.2.15). Rejects when nobody gets in for a minute, and when somebody is refused.
 */
export function enterAll(
  people: readonly { readonly connection: Connection; readonly nick: string }[],
  room: string,
  { window, withinMs }: { readonly window: number; readonly withinMs: number },
): Promise<{ readonly entered: Connection[]; readonly at: number[] }> {
  const start = performance.now();
  const at: number[] = [];
  let begun = 0;
  return new Promise((resolve, reject) => {
    const state = () => `${at.length} of ${begun} are inside ${room}`;
    const stalled = setTimeout(() => reject(new Error(`nobody got in for a minute: ${state()}`)), STALLED_MS);
    const end = () => {
      clearTimeout(stalled);
      // In their order, as they began: all who began are inside.
      resolve({ entered: people.slice(0, begun).map(({ connection }) => connection), at });
    };
    const more = () => {
      // The first comes alone: it makes the room, and is its owner.
      const most = at.length === 0 ? 1 : at.length + window;
      while (begun < Math.min(people.length, most) && performance.now() - start < withinMs) begin();
      if (at.length === begun) end();
    };
    const begin = () => {
      const person = people[begun];
      if (!person) return;
      begun += 1;
      const { connection, nick } = person;
      const subject = createMarkerCounter("<subject");
      const refusal = createMarkerCounter("type='error'");
      let inside = false;
      connection.onBytes((packet) => {
        if (inside) return;
        if (refusal.count(packet) > 0)
          reject(new Error(`${nick} was refused: ${packet.toString("latin1").slice(-300)}`));
        if (subject.count(packet) === 0) return;
        inside = true;
        at.push(performance.now() - start);
        stalled.refresh();
        more();
      });
      connection.write(joinPresence(room, nick));
    };
    more();
  });
}
