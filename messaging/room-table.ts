import { KontorError } from "../platform/errors.ts";
import type { RoomState } from "./core-state.ts";

/** A room that this process has in memory, and under which ownership. */
export interface Loaded {
  readonly state: RoomState;
  /** The ownership under which it was read: after a later one, what still waits with this state is refused. */
  readonly fence: number;
  nextSeq: number;
  usedAt: number;
}

/** The rooms of a tenant by name; a promise for one that is being read, or ended. */
export type RoomTable = Map<string, Loaded | Promise<Loaded | undefined>>;

/** The entry of a room. Throws `unavailable` when it was forgotten since, because another process owns it. */
export function loadedOf(table: RoomTable, room: RoomState): Loaded {
  const loaded = table.get(room.name);
  if (!loaded || loaded instanceof Promise || loaded.state !== room) throw new KontorError("unavailable");
  return loaded;
}
