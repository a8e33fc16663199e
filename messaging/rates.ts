import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import { newRate } from "./core-rate.ts";
import type { RoomRules } from "./core-rules.ts";

/** How fast people may speak and enter. In memory: a flood is refused before anything of it is looked at. */
export interface Rates {
  /** Throws `too-many` with `retryAfterSeconds`, by person and by room. */
  message(bare: string, room: string): void;
  join(bare: string, room: string): void;
}

export function rates(rulesOf: () => RoomRules, clock: Clock): Rates {
  const counting = (what: "messagesPerTenSeconds" | "joinsPerTenSeconds") => {
    const [people, rooms] = [newRate(), newRate()];
    return (bare: string, room: string) => {
      const limits = rulesOf()[what];
      // Who is refused for himself takes nothing from the others in the room.
      refuse(people.take(bare, limits.person, clock()), "You are");
      refuse(rooms.take(room, limits.room, clock()), "This room is");
    };
  };
  return { message: counting("messagesPerTenSeconds"), join: counting("joinsPerTenSeconds") };
}

function refuse(retryAfterSeconds: number | undefined, who: string): void {
  if (retryAfterSeconds === undefined) return;
  throw new KontorError("too-many", `${who} too fast: go on in ${retryAfterSeconds} s`, { retryAfterSeconds });
}
