/** People of other networks in a room, by links: they come and go by the full list of each. Pure: state in, effects out. */

import { alike } from "./core-alike.ts";
import { announce, departure, unlist } from "./core-announce.ts";
import { MAX_OCCUPANTS } from "./core-config.ts";
import { cleanedNick, MAX_NICK } from "./core-nick.ts";
import { settleQuiet } from "./core-quiet.ts";
import { type Effect, everySession, nickKey, type Occupant, type RoomState, seat, unseat } from "./core-state.ts";

/** Places for the mark that tells two of one nick apart. */
const MARK = 8;

/** The full list of people of another network who are here by a link: differences become presence. */
export function setFarOccupants(
  room: RoomState,
  link: { readonly id: string; readonly network: string },
  people: readonly {
    readonly id: string;
    readonly nick: string;
    readonly away?: string | null;
    readonly occupantId: string;
  }[],
): Effect[] {
  const wanted = new Map(people.slice(0, MAX_OCCUPANTS).map((person) => [person.id, person]));
  const effects: Effect[] = [];
  const everybody = everySession(room);
  for (const [key, occupant] of [...room.occupants]) {
    if (occupant.far?.link !== link.id) continue;
    const person = wanted.get(occupant.far.id);
    if (person && nickKey(freeNick(room, person.nick, occupant)) === key) {
      wanted.delete(occupant.far.id);
      const away = person.away ?? null;
      if (occupant.far.away === away) continue;
      occupant.far.away = away;
      occupant.shown = {};
      effects.push(...announce(room, occupant, everybody, []));
      continue;
    }
    unseat(room, occupant);
    effects.push(...departure(room, occupant, everybody, [], undefined));
    unlist(room, occupant);
  }
  for (const person of wanted.values()) {
    const nick = freeNick(room, person.nick, undefined);
    const occupant: Occupant = {
      nick,
      bare: null,
      affiliation: "none",
      role: "participant",
      occupantId: person.occupantId,
      sessions: new Map(),
      far: { link: link.id, network: link.network, id: person.id, away: person.away ?? null },
    };
    seat(room, occupant);
    if (room.quiet) room.withheld.set(occupant, 0);
    effects.push(...announce(room, occupant, everybody, []));
  }
  return [...effects, ...settleQuiet(room)];
}

/** A nick for somebody of another network: cleaned, and marked when somebody here has it or one that looks like it. */
export function freeNick(room: RoomState, wanted: string, self: Occupant | undefined): string {
  const clean = cleanedNick(wanted, MAX_NICK - MARK);
  for (let n = 0; ; n += 1) {
    const nick = n === 0 ? clean : `${clean} (${n + 1})`;
    if (!alike(room, nick, (holder) => holder === self, null)) return nick;
  }
}
