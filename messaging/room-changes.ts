/** Lasting changes of rooms, one after the other for each room. */
import type { DoorContext } from "../components/door.ts";
import { KontorError } from "../platform/errors.ts";
import { wake } from "../platform/wake.ts";
import { FencedError } from "./commit.ts";
import type { RoomState } from "./core-state.ts";
import { roomNewsTopic } from "./room-news.ts";
import { loadedOf, type RoomTable } from "./room-table.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { type RoomChange, storeEnd } from "./store-changes.ts";

export interface RoomChanges {
  /**
   * Runs work that stores something of a room, after what came before has ended: so it is checked against what that left.
   * Throws `unavailable` when another process owns the room by now.
   */
  alone<R>(room: RoomState, work: () => Promise<R>): Promise<R>;
  /** Waits for what is under way in all rooms, now and not later. */
  idle(): Promise<void>;
  /** What a stored change of a room needs: `by` is a bare address, `as` the affiliation or role that allows it. */
  changeOf(room: RoomState, by: string, as: string, reason?: string): RoomChange;
  /** Ends a room, within `alone`: from then on there is none of its name. */
  end(room: RoomState, change: RoomChange): Promise<void>;
  /** Ends a room that its last occupant has left, unless somebody came meanwhile. */
  endEmpty(room: RoomState): Promise<void>;
}

export function roomChanges(context: DoorContext, deps: RoomsDeps, table: RoomTable, forget: () => void): RoomChanges {
  /** By room: the last piece of work. */
  const last = new Map<string, Promise<void>>();

  const alone: RoomChanges["alone"] = (room, work) => {
    const run = (last.get(room.id) ?? Promise.resolve()).then(work).catch((error: unknown) => {
      if (!(error instanceof FencedError)) throw error;
      forget();
      throw new KontorError("unavailable");
    });
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    last.set(room.id, settled);
    void settled.then(() => last.get(room.id) === settled && last.delete(room.id));
    // Whatever it was: who may read in the room may be others now.
    const news = { tenant: context.tenant.id, room: room.id, news: { kind: "rights" } } as const;
    void settled.then(() => wake(deps.redis, roomNewsTopic, news, context.log));
    return run;
  };

  const changeOf: RoomChanges["changeOf"] = (room, by, as, reason) => {
    const { fence } = loadedOf(table, room);
    const now = new Date(deps.clock());
    return { db: deps.db, tenant: context.tenant, fence, roomId: room.id, by, as, reason, now, newId: deps.newId };
  };

  const end: RoomChanges["end"] = async (room, change) => {
    const loaded = loadedOf(table, room);
    // Who comes meanwhile waits, and finds no room or makes a new one.
    const ending = storeEnd(change).then(
      () => void table.delete(room.name),
      () => {
        table.set(room.name, loaded);
        return loaded;
      },
    );
    table.set(
      room.name,
      ending.then((kept) => kept ?? undefined),
    );
    if (await ending) throw new KontorError("unavailable", "The room could not be ended, try again later");
  };

  return {
    alone,
    idle: async () => {
      await Promise.all(last.values());
    },
    changeOf,
    end,
    endEmpty: (room) =>
      alone(room, async () => {
        // What is on its way into the log belongs to the room still.
        await deps.committer.idle();
        if (room.bySession.size === 0 && table.get(room.name)) await end(room, changeOf(room, room.jid, "empty"));
      }).catch((error: unknown) => context.log.warn("An empty room could not be ended", { room: room.name, error })),
  };
}
