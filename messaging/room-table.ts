import { KontorError } from "../platform/errors.ts";
import type { RoomState } from "./core-state.ts";

/** A room that this process has in memory, and under which ownership. */
export interface Loaded {
  readonly state: RoomState;
  /** The ownership under which it was read: after a later one, what still waits with this state is refused. */
  readonly fence: number;
  nextSeq: number;
  /** Messages on their way into the log, and whom to tell when there are none any more. */
  open: number;
  onSettled?: (() => void) | undefined;
  usedAt: number;
  /**
   * The newest messages of the log by the marks under which the server kept them, while it may give some out again: as
   * text, and read on which stream.
   */
  repeats?: { readonly stream: number; readonly logged: ReadonlyMap<string, string> } | undefined;
}

/** The rooms of a tenant by name; a promise for one that is being read, or ended. */
export type RoomTable = Map<string, Loaded | Promise<Loaded | undefined>>;

/** Resolves when nothing is on its way into the log of a room any more. */
export function untilSettled(loaded: Loaded): Promise<void> {
  if (loaded.open === 0) return Promise.resolve();
  return new Promise((resolve) => {
    loaded.onSettled = resolve;
  });
}

/** The entry of a room. Throws `unavailable` when it was forgotten since, because another process owns it. */
export function loadedOf(table: RoomTable, room: RoomState): Loaded {
  const loaded = table.get(room.name);
  if (!loaded || loaded instanceof Promise || loaded.state !== room) throw new KontorError("unavailable");
  return loaded;
}
