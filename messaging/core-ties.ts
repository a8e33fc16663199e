/** What a room does when a person of the tenant is no more. Pure: state in, effects out. */
import { status } from "../components/xep/xep-0045-muc.ts";
import { notice } from "./core-admin.ts";
import { removal } from "./core-announce.ts";
import { settleQuiet } from "./core-quiet.ts";
import type { Effect, Occupant, RoomState } from "./core-state.ts";

export const insideAs = (room: RoomState, bare: string): Occupant[] =>
  [...room.occupants.values()].filter((each) => each.bare === bare);

/**
 * Takes the tie of a bare address away, with the nick that is reserved by it, and takes out who is inside under it: the
 * affiliation is gone, so the others are told as of somebody removed by that (XEP-0045 9.4, 321). Of who is not inside,
 * those are told who may see addresses (9.3).
 */
export function untied(room: RoomState, bare: string): Effect[] {
  const inside = insideAs(room, bare);
  const had = room.memberships.delete(bare);
  room.reserved = undefined;
  const out = inside.flatMap((each) => removal(room, each, { statuses: [status.notAffiliated], affiliation: "none" }));
  return [...out, ...(had && inside.length === 0 ? [notice(room, bare, "none", undefined)] : []), ...settleQuiet(room)];
}
