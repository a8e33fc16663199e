/**
 * The rooms of one tenant in the memory of their owner process: loads them, carries out what the core decides, and
 * hands messages to the group commit. Everything about one room happens in the order it came in.
 */
import { createHmac } from "node:crypto";
import type { DoorContext } from "../components/door.ts";
import { type Element, parseXml } from "../components/stanza.ts";
import type { HistoryRequest } from "../components/xep/xep-0045-muc.ts";
import { rolesOfPerson, xmppActor } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { releaseSession } from "./core-message.ts";
import { checkCreator, checkName, firstConfig } from "./core-rules.ts";
import { type Effect, type LogDraft, newRoomState, type RoomState } from "./core-state.ts";
import { historyText } from "./history.ts";
import { readHeld } from "./log.ts";
import { type MessageQuota, messageQuota } from "./message-quota.ts";
import { type Rates, rates } from "./rates.ts";
import { roomAppends } from "./room-appends.ts";
import { type RoomChanges, roomChanges } from "./room-changes.ts";
import { roomMemory } from "./room-memory.ts";
import { type Loaded, type RoomTable, untilSettled } from "./room-table.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { type RulesWatch, watchRules } from "./rules-watch.ts";
import { createRoom, loadRoom } from "./store.ts";
import { currentFence, takeOwnership } from "./store-owner.ts";

export interface Rooms extends Omit<RoomChanges, "endEmpty"> {
  readonly tenant: string;
  /** Runs `work` on a room, or on undefined when there is none; a loaded room at once, so that order is kept. */
  withRoom<R>(name: string, work: (room: RoomState | undefined) => R | Promise<R>): R | Promise<R>;
  /** The same for a room that must be there. Throws `not-found`. */
  inRoom<R>(name: string, work: (room: RoomState) => R | Promise<R>): R | Promise<R>;
  /**
   * The same for a stanza that may have been carried out before, under this mark. `logged` is the message as it stands in
   * the log, or undefined when it never got there.
   */
  withRepeated<R>(
    name: string,
    mark: string,
    work: (room: RoomState | undefined, logged: Element | undefined) => R | Promise<R>,
  ): R | Promise<R>;
  /** Makes a room with its owner and runs `work` on it; an existing one is used as it is. */
  withNewRoom<R>(name: string, owner: string, work: (room: RoomState, created: boolean) => R): Promise<R>;
  apply(room: RoomState, effects: readonly Effect[]): void;
  /** What may be said in all of them within a minute. */
  readonly quota: MessageQuota;
  /** The rules of the tenant for its rooms. */
  readonly rules: RulesWatch;
  /** How fast people may speak and enter. */
  readonly rates: Rates;
  /** The loaded rooms. */
  loaded(): RoomState[];
  occupantId(room: RoomState, who: string): string;
  /** Claims the tenant's rooms; what another owner may have changed since is forgotten and read again. */
  claim(): Promise<void>;
  /** Takes in who is there by links. */
  refreshFar(room: RoomState): Promise<void>;
  /** Writes all live state again, after Redis was away. */
  rememberAll(): void;
  /** Rooms whose occupants were restored since the last call: whether they are still there must be found out. */
  takeRestored(): RoomState[];
  /** Commits and reflects a message that nobody waits for in XMPP; whether it was committed. */
  append(room: RoomState, draft: LogDraft): Promise<boolean>;
  /** Forgets rooms without occupants that nobody used for ten minutes. */
  unloadIdle(): void;
}

const IDLE_MS = 10 * 60_000;

export function createRooms(context: DoorContext, deps: RoomsDeps): Rooms {
  const tenant = context.tenant.id;
  const rooms: RoomTable = new Map();
  let ownership: Promise<number> | undefined;
  let fence = 0;
  let restored: RoomState[] = [];
  /** Counts the streams on which rooms were claimed. */
  let stream = 0;

  const occupantId = (room: RoomState, who: string): string =>
    createHmac("sha256", deps.occupantSecret).update(`${room.id} ${who}`).digest("base64url");
  const rules = watchRules(deps.db, tenant, context.log);
  const memory = roomMemory(context, deps.redis, occupantId);
  const forget = () => {
    ownership = undefined;
    rooms.clear();
  };
  const { alone, changeOf, end, endEmpty } = roomChanges(context, deps, rooms, forget);
  const append = roomAppends(context, deps, rooms, { apply: (...all) => apply(...all), forget });

  /** A failed claim is tried again by whoever needs it next. */
  const own = (): Promise<number> => {
    ownership ??= takeOwnership(deps.db, tenant, deps.processId).then(
      async (taken) => {
        // Before anybody enters: the rules may have changed while another process owned the rooms.
        await rules.look();
        fence = taken;
        return taken;
      },
      (error: unknown) => {
        ownership = undefined;
        throw error;
      },
    );
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

  const withRoom: Rooms["withRoom"] = (name, work) => {
    const found = get(name);
    if (found instanceof Promise) return found.then((loaded) => work(loaded?.state));
    found.usedAt = deps.clock();
    return work(found.state);
  };

  const withRepeated: Rooms["withRepeated"] = (name, mark, work) => {
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

  const apply = (room: RoomState, effects: readonly Effect[]): void => {
    const sessions: string[] = [];
    for (const effect of effects) {
      if (effect.do === "send") context.sendToAll(effect.stanza, effect.to, effect.releases);
      else if (effect.do === "append") append(room, effect.draft, () => undefined);
      else if (effect.do === "remember") sessions.push(...effect.sessions);
      else if (effect.do === "end") void endEmpty(room);
      else void sendHistory(room, effect.session, effect.upTo, effect.request);
    }
    if (sessions.length > 0) memory.remember(room, sessions);
  };

  const sendHistory = async (room: RoomState, session: string, upTo: number, request: HistoryRequest | undefined) => {
    try {
      if (rules.now().archive)
        context.write(await historyText(deps.db, tenant, room, { session, upTo, request }, deps.clock()));
    } catch (error) {
      context.log.warn("The history of a room could not be read; the join goes on without it", {
        room: room.name,
        error,
      });
    }
    apply(room, releaseSession(room, session));
  };

  return {
    tenant,
    withRoom,
    withRepeated,
    inRoom: (name, work) =>
      withRoom(name, (room) => {
        if (!room) throw new KontorError("not-found", "There is no such room");
        return work(room);
      }),
    withNewRoom: async (name, owner, work) => {
      await own();
      const held = rules.now();
      checkName(held, name, false);
      // Everybody is the rule: then nobody's roles are looked up.
      if (held.creators !== "everybody") {
        checkCreator(held, await rolesOfPerson(deps.db, tenant, owner.split("@")[0] ?? "", new Date(deps.clock())));
      }
      const id = deps.newId();
      const made = { id, name, config: firstConfig(held, name), owner, locked: held.lockNewRooms };
      await createRoom(deps.db, tenant, made, {
        now: new Date(deps.clock()),
        newId: deps.newId,
        defaults: deps.quotas,
        actor: (trx) => xmppActor(trx, context.tenant, owner, ["room:owner"]),
      });
      const done = await withRoom(name, (room) => {
        if (!room) throw new KontorError("internal", "The room vanished while it was made");
        return work(room, room.id === id);
      });
      return done;
    },
    apply,
    quota: messageQuota(tenant, deps),
    rules,
    rates: rates(rules.now, deps.clock),
    alone,
    changeOf,
    end,
    loaded: () => [...rooms.values()].flatMap((each) => (each instanceof Promise ? [] : [each.state])),
    occupantId,
    claim: async () => {
      stream += 1;
      if (ownership && (await currentFence(deps.db, tenant)) === fence) return;
      forget();
      await own();
    },
    refreshFar: async (room) => apply(room, await memory.refreshFar(room)),
    rememberAll: () => {
      for (const loaded of rooms.values()) {
        // Who left meanwhile must not be found in the room by the next owner.
        if (!(loaded instanceof Promise))
          memory.remember(loaded.state, [...loaded.state.bySession.keys()], { all: true });
      }
    },
    takeRestored: () => {
      const taken = restored;
      restored = [];
      return taken;
    },
    append: (room, draft) => new Promise((resolve) => append(room, draft, resolve)),
    unloadIdle: () => {
      const before = deps.clock() - IDLE_MS;
      for (const [name, loaded] of rooms) {
        // What the server gives out again comes with the start of a stream; later ones read it again.
        if (!(loaded instanceof Promise)) loaded.repeats = undefined;
        if (!(loaded instanceof Promise) && loaded.state.bySession.size === 0 && loaded.usedAt < before)
          rooms.delete(name);
      }
    },
  };
}
