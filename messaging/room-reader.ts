/** Reads the rooms of one tenant into memory, under an ownership, and keeps the order of what is done with each. */
import type { DoorContext } from "../components/door.ts";
import { type Element, parseXml } from "../components/stanza.ts";
import { type Effect, newRoomState, type RoomState } from "./core-state.ts";
import type { FormerNames } from "./former-names.ts";
import { readHeld } from "./log-reads.ts";
import type { RoomMemory } from "./room-memory.ts";
import { type Loaded, type RoomTable, untilSettled } from "./room-table.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import type { RulesWatch } from "./rules-watch.ts";
import { loadRoom } from "./store.ts";
import { currentFence, takeOwnership } from "./store-owner.ts";

export interface RoomReader {
  /** Runs `work` on a room, or on undefined when there is none; a loaded room at once, so that order is kept. */
  withRoom<R>(name: string, work: (room: RoomState | undefined) => R | Promise<R>): R | Promise<R>;
  /**
   * The same for a stanza that may have been carried out before, under this mark. `logged` is the message as it stands in
   * the log, or undefined when it never got there.
   */
  withRepeated<R>(
    name: string,
    mark: string,
    work: (room: RoomState | undefined, logged: Element | undefined) => R | Promise<R>,
  ): R | Promise<R>;
  /** Claims the tenant's rooms; what another owner may have changed since is forgotten and read again. */
  claim(): Promise<void>;
  /** Resolves with the fence when this process owns the rooms. A failed claim is tried again by whoever needs it next. */
  own(): Promise<number>;
  /** Another process owns the rooms: what is in memory is worth nothing. */
  forget(): void;
  /** Rooms whose occupants were restored since the last call: whether they are still there must be found out. */
  takeRestored(): RoomState[];
}

export function roomReader(
  context: DoorContext,
  deps: RoomsDeps,
  rooms: RoomTable,
  parts: {
    readonly rules: RulesWatch;
    readonly former: Pick<FormerNames, "read">;
    readonly memory: RoomMemory;
    readonly apply: (room: RoomState, effects: readonly Effect[]) => void;
  },
): RoomReader {
  const tenant = context.tenant.id;
  const { rules, former, memory, apply } = parts;
  let ownership: Promise<number> | undefined;
  let fence = 0;
  let restored: RoomState[] = [];
  /** Counts the streams on which rooms were claimed. */
  let stream = 0;

  const forget = () => {
    ownership = undefined;
    rooms.clear();
  };

  const own = (): Promise<number> => {
    ownership ??= takeOwnership(deps.db, tenant, deps.processId)
      .then(async (taken) => {
        // Before anybody enters: both may have changed while another process owned the rooms.
        await Promise.all([rules.look(), former.read()]);
        fence = taken;
        return taken;
      })
      .catch((error: unknown) => {
        ownership = undefined;
        throw error;
      });
    return ownership;
  };

  const load = async (name: string): Promise<Loaded | undefined> => {
    const fence = await own();
    const stored = await loadRoom(deps.db, tenant, name);
    if (!stored) return undefined;
    const state = newRoomState({ ...stored, jid: `${name}@${context.domain}` });
    const loaded = { state, fence, nextSeq: stored.lastSeq + 1, open: 0, usedAt: deps.clock() };
    await Promise.all([memory.recall(state), readRepeats(loaded)]);
    if (state.bySession.size > 0) restored.push(state);
    apply(state, await memory.refreshFar(state));
    return loaded;
  };

  /** What was still on its way over an earlier stream comes to its end first. */
  const readRepeats = async (loaded: Loaded): Promise<Loaded> => {
    const mine = stream;
    await untilSettled(loaded);
    const { id } = loaded.state;
    const logged = await readHeld(deps.db, tenant, { id, lastSeq: loaded.nextSeq - 1 }, new Date(deps.clock()));
    loaded.repeats = { stream: mine, logged };
    return loaded;
  };

  const get = (name: string): Loaded | Promise<Loaded | undefined> => {
    const found = rooms.get(name);
    if (found) return found;
    return enter(name, load(name));
  };

  /** The table has the promise until it settles, so that everything about the room waits in its order. */
  const enter = (name: string, reading: Promise<Loaded | undefined>): Promise<Loaded | undefined> => {
    const entered: Promise<Loaded | undefined> = reading.then(
      (loaded) => {
        // Forgotten meanwhile, since another process owned the rooms: then it is read anew.
        if (rooms.get(name) !== entered) return get(name);
        if (loaded) rooms.set(name, loaded);
        else rooms.delete(name);
        return loaded;
      },
      (error: unknown) => {
        if (rooms.get(name) === entered) rooms.delete(name);
        throw error;
      },
    );
    rooms.set(name, entered);
    return entered;
  };

  const withRoom: RoomReader["withRoom"] = (name, work) => {
    const found = get(name);
    if (found instanceof Promise) return found.then((loaded) => work(loaded?.state));
    found.usedAt = deps.clock();
    return work(found.state);
  };

  const withRepeated: RoomReader["withRepeated"] = (name, mark, work) => {
    const found = get(name);
    if (!(found instanceof Promise) && found.repeats?.stream !== stream) void enter(name, readRepeats(found));
    const loggedIn = (loaded: Loaded | undefined) => {
      const text = loaded?.repeats?.logged.get(mark);
      return text === undefined ? undefined : parseXml(text);
    };
    const ready = get(name);
    if (ready instanceof Promise) return ready.then((loaded) => work(loaded?.state, loggedIn(loaded)));
    return work(ready.state, loggedIn(ready));
  };

  return {
    withRoom,
    withRepeated,
    own,
    forget,
    claim: async () => {
      stream += 1;
      if (ownership && (await currentFence(deps.db, tenant)) === fence) return;
      forget();
      await own();
    },
    takeRestored: () => {
      const taken = restored;
      restored = [];
      return taken;
    },
  };
}
