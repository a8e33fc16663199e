/** Whose nick it is: taken inside, reserved (XEP-0045 7.10), or too much like one of these (UTS 39). Pure. */
import { KontorError } from "../platform/errors.ts";
import { looksOf } from "./core-nick.ts";
import { nickKey, type Occupant, type RoomState } from "./core-state.ts";

/** Who inside, but for those that `may` names, has this nick or one that looks like it; or that it is reserved for another. */
export function alike(
  room: RoomState,
  nick: string,
  may: (holder: Occupant) => boolean,
  bare: string | null,
): "taken" | "alike" | "reserved" | undefined {
  const holder = room.occupants.get(nickKey(nick));
  if (holder && !may(holder)) return "taken";
  const looks = looksOf(nick);
  for (const look of looks) for (const each of room.looks.get(look) ?? []) if (!may(each)) return "alike";
  if (looks.some((look) => (reservedLooks(room).get(look) ?? bare) !== bare)) return "reserved";
  return undefined;
}

/** Throws `conflict` for a nick that is not free for this person: what is said when it is somebody else's (7.2.8). */
export function checkNick(room: RoomState, nick: string, bare: string | null): void {
  const found = alike(room, nick, (holder) => bare !== null && holder.bare === bare, bare);
  if (found) throw new KontorError("conflict", refusals[found]);
}

const refusals = {
  taken: "Somebody in the room has that nick",
  alike: "That nick looks like the one of somebody in the room",
  reserved: "That nick, or one that looks like it, is reserved for somebody else",
} as const;

/** Throws `conflict` for a nick that another member has reserved. */
export function checkReserved(room: RoomState, nick: string, bare: string): void {
  const reserved = reservedLooks(room);
  if (looksOf(nick).some((look) => (reserved.get(look) ?? bare) !== bare)) {
    throw new KontorError("conflict", refusals.reserved);
  }
}

/** How the reserved nicks look, with their holders; made anew after memberships have changed. */
function reservedLooks(room: RoomState): ReadonlyMap<string, string> {
  room.reserved ??= new Map(
    [...room.memberships].flatMap(([holder, { nick }]) =>
      nick === undefined ? [] : looksOf(nick).map((look) => [look, holder] as const),
    ),
  );
  return room.reserved;
}
