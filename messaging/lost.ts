import type { DoorContext } from "../components/door.ts";
import { loseAll } from "./core-presence.ts";
import type { Rooms } from "./rooms.ts";

/** They are gathered until no more come for so long, and no longer than that. */
const GATHER = { quietMs: 100, mostMs: 1_000 } as const;

/** Takes occupants out whose stanzas bounced. */
export interface Lost {
  /** Somebody (a full address) is gone from a room, by its local part. */
  gone(room: string, jid: string): void;
  /** Something came from there: whatever bounced before was for an earlier session of that address. */
  heardFrom(jid: string): void;
  stop(): void;
}

/** Those who went at about the same time go together, and so cost what the others are told, not the square of their number. */
export function lostOccupants(
  { log }: Pick<DoorContext, "log">,
  rooms: Pick<Rooms, "withRoom" | "apply">,
  { quietMs, mostMs }: { readonly quietMs: number; readonly mostMs: number } = GATHER,
): Lost {
  /** Rooms by who is gone from them. */
  const waiting = new Map<string, Set<string>>();
  let quiet: NodeJS.Timeout | undefined;
  let most: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(quiet);
    clearTimeout(most);
    most = undefined;
  };
  const takeOut = () => {
    stop();
    const byRoom = new Map<string, string[]>();
    for (const [jid, names] of waiting) {
      for (const name of names) byRoom.set(name, [...(byRoom.get(name) ?? []), jid]);
    }
    waiting.clear();
    for (const [name, jids] of byRoom) {
      Promise.resolve()
        .then(() => rooms.withRoom(name, (room) => room && rooms.apply(room, loseAll(room, jids))))
        .catch((error: unknown) => log.warn("Who is gone could not be taken out of a room", { room: name, error }));
    }
  };
  return {
    gone: (room, jid) => {
      const names = waiting.get(jid) ?? new Set();
      waiting.set(jid, names.add(room));
      clearTimeout(quiet);
      quiet = setTimeout(takeOut, quietMs);
      most ??= setTimeout(takeOut, mostMs);
    },
    heardFrom: (jid) => void waiting.delete(jid),
    stop,
  };
}
