/**
 * The rooms of one tenant in the memory of their owner process: loads them, carries out what the core decides, and
 * hands messages to the group commit. Everything about one room happens in the order it came in.
 */
import { createHmac } from "node:crypto";
import type { Redis } from "ioredis";
import type { DoorContext } from "../components/door.ts";
import { errorReply, parseXml, x } from "../components/stanza.ts";
import type { HistoryRequest } from "../components/xep/xep-0045-muc.ts";
import type { Quotas } from "../identity/core-quota.ts";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { wake } from "../platform/wake.ts";
import { type CommitEntry, FencedError } from "./commit.ts";
import type { Committer } from "./committer.ts";
import { reflect, releaseSession, withArchiveId } from "./core-message.ts";
import { join, setFarOccupants } from "./core-presence.ts";
import { type Effect, type LogDraft, newRoomState, type RoomState } from "./core-state.ts";
import { historyText } from "./history.ts";
import { farSides, type LiveSession, recallSessions, rememberSessions } from "./live.ts";
import { roomLogTopic } from "./log.ts";
import { type MessageQuota, messageQuota } from "./message-quota.ts";
import { createRoom, currentFence, defaultConfig, loadRoom, takeOwnership } from "./store.ts";

export interface RoomsDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly committer: Committer;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Makes occupant ids (XEP-0421) that only this installation can make. */
  readonly occupantSecret: string;
  /** Names this process as owner. */
  readonly processId: string;
  readonly onReflected: (copies: number) => void;
  /** The limits of a tenant that hold now. */
  readonly quotasOf: (tenant: string) => Quotas;
  /** The installation's. */
  readonly quotas: Quotas;
}

interface Loaded {
  readonly state: RoomState;
  /** The ownership under which it was read: after a later one, what still waits with this state is refused. */
  readonly fence: number;
  nextSeq: number;
  usedAt: number;
}

export interface Rooms {
  readonly tenant: string;
  /** Runs `work` on a room, or on undefined when there is none; a loaded room at once, so that order is kept. */
  withRoom<R>(name: string, work: (room: RoomState | undefined) => R | Promise<R>): R | Promise<R>;
  /** Makes a room with its owner and runs `work` on it; an existing one is used as it is. */
  withNewRoom<R>(name: string, owner: string, work: (room: RoomState, created: boolean) => R): Promise<R>;
  apply(room: RoomState, effects: readonly Effect[]): void;
  /** What may be said in all of them within a minute. */
  readonly quota: MessageQuota;
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
  const rooms = new Map<string, Loaded | Promise<Loaded | undefined>>();
  let ownership: Promise<number> | undefined;
  let fence = 0;
  let restored: RoomState[] = [];

  /** A failed claim is tried again by whoever needs it next. */
  const own = (): Promise<number> => {
    ownership ??= takeOwnership(deps.db, tenant, deps.processId).then(
      (taken) => {
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
    for (const [jid, session] of await recallSessions(deps.redis, tenant, state.id, context.log))
      restore(state, jid, session);
    if (state.bySession.size > 0) restored.push(state);
    const loaded = { state, fence, nextSeq: stored.lastSeq + 1, usedAt: deps.clock() };
    await refreshFar(state);
    return loaded;
  };

  /** Puts a remembered session back without telling anybody: for its client nothing happened. */
  const restore = (state: RoomState, jid: string, live: LiveSession) => {
    try {
      const presence = parseXml(`<p>${live.presence}</p>`).children.filter((child) => typeof child === "object");
      const { bare, nick, occupantId } = live;
      join(state, { jid, bare, nick, occupantId, presence, history: undefined, created: false });
      const session = state.bySession.get(jid)?.sessions.get(jid);
      if (session) session.waiting = undefined;
    } catch (error) {
      context.log.warn("An occupant from before could not be restored", { room: state.name, error });
    }
  };

  const get = (name: string): Loaded | Promise<Loaded | undefined> => {
    const found = rooms.get(name);
    if (found) return found;
    const loading = load(name).then(
      (loaded) => {
        if (loaded) rooms.set(name, loaded);
        else rooms.delete(name);
        return loaded;
      },
      (error: unknown) => {
        rooms.delete(name);
        throw error;
      },
    );
    rooms.set(name, loading);
    return loading;
  };

  const withRoom: Rooms["withRoom"] = (name, work) => {
    const found = get(name);
    if (found instanceof Promise) return found.then((loaded) => work(loaded?.state));
    found.usedAt = deps.clock();
    return work(found.state);
  };

  const apply = (room: RoomState, effects: readonly Effect[]): void => {
    const sessions: string[] = [];
    for (const effect of effects) {
      if (effect.do === "send") context.sendToAll(effect.stanza, effect.to);
      else if (effect.do === "append") append(room, effect.draft, () => undefined);
      else if (effect.do === "remember") sessions.push(...effect.sessions);
      else void sendHistory(room, effect.session, effect.upTo, effect.request);
    }
    if (sessions.length > 0) remember(room, sessions);
  };

  const append = (room: RoomState, draft: LogDraft, settled: (committed: boolean) => void): void => {
    const loaded = rooms.get(room.name);
    if (!loaded || loaded instanceof Promise || loaded.state !== room) throw new KontorError("unavailable");
    let placed = false;
    deps.committer.append({
      place: (at) => {
        const entry = entryOf(loaded, draft, at);
        loaded.nextSeq += 1;
        placed = true;
        return entry;
      },
      committed: (entry) => {
        const effects = reflect(room, { seq: entry.seq, stanza: draft.stanza, subject: draft.subject });
        for (const effect of effects) if (effect.do === "send") deps.onReflected(effect.to.length);
        apply(room, effects);
        settled(true);
        void wake(deps.redis, roomLogTopic, { tenant, room: room.id }, context.log);
      },
      failed: (error) => {
        // One that never had a number gives none back: those of a batch in doubt may be in the log.
        if (placed) loaded.nextSeq = room.lastSeq + 1;
        settled(false);
        if (error instanceof FencedError) forget();
        refuse(room, draft, error instanceof FencedError ? new KontorError("unavailable") : error);
      },
    });
  };

  const entryOf = ({ state: room, fence, nextSeq }: Loaded, draft: LogDraft, at: Date): CommitEntry => {
    const id = deps.newId();
    return {
      tenant,
      fence,
      roomId: room.id,
      seq: nextSeq,
      id,
      at,
      sender: draft.sender,
      nick: draft.nick,
      occupantId: draft.occupantId,
      origin: draft.origin ?? null,
      originRef: draft.originRef ?? null,
      stanza: withArchiveId(draft.stanza, id, room).toString(),
      body: draft.body ?? null,
      subject: draft.subject,
    };
  };

  /** Tells the sender; from another network there is nobody to tell, and the message stays in the inbox. */
  const refuse = (room: RoomState, draft: LogDraft, error: Error) => {
    if (draft.session === undefined) return;
    const { id } = draft.stanza.attrs;
    const original = x("message", { from: draft.session, to: room.jid, id, type: "groupchat" });
    const reply = errorReply(original, error);
    if (reply) context.send(reply);
  };

  const sendHistory = async (room: RoomState, session: string, upTo: number, request: HistoryRequest | undefined) => {
    try {
      context.write(await historyText(deps.db, tenant, room, { session, upTo, request }, deps.clock()));
    } catch (error) {
      context.log.warn("The history of a room could not be read; the join goes on without it", {
        room: room.name,
        error,
      });
    }
    apply(room, releaseSession(room, session));
  };

  const remember = (room: RoomState, sessions: readonly string[], options?: { readonly all: boolean }): void => {
    const live = new Map(sessions.map((jid) => [jid, liveSession(room, jid)]));
    rememberSessions(deps.redis, tenant, room.id, live, options).catch((error: unknown) =>
      context.log.debug("Live state was not written", { room: room.name, error }),
    );
  };

  const refreshFar = async (room: RoomState): Promise<void> => {
    const sides = await farSides(deps.redis, tenant, room.id);
    if (!sides) return;
    const links = new Set([...room.occupants.values()].flatMap((occupant) => occupant.far?.link ?? []));
    for (const link of links) {
      if (!sides.has(link)) apply(room, setFarOccupants(room, { id: link, network: "" }, []));
    }
    for (const [link, { network, people }] of sides) {
      const known = people.map((person) => ({ ...person, occupantId: occupantId(room, `${link} ${person.id}`) }));
      apply(room, setFarOccupants(room, { id: link, network }, known));
    }
  };

  const occupantId = (room: RoomState, who: string): string =>
    createHmac("sha256", deps.occupantSecret).update(`${room.id} ${who}`).digest("base64url");

  const forget = () => {
    ownership = undefined;
    rooms.clear();
  };

  return {
    tenant,
    withRoom,
    withNewRoom: async (name, owner, work) => {
      await own();
      const id = deps.newId();
      const made = { id, name, config: defaultConfig(name), owner };
      await createRoom(deps.db, tenant, made, new Date(deps.clock()), deps.quotas);
      const done = await withRoom(name, (room) => {
        if (!room) throw new KontorError("internal", "The room vanished while it was made");
        return work(room, room.id === id);
      });
      return done;
    },
    apply,
    quota: messageQuota(tenant, deps),
    loaded: () => [...rooms.values()].flatMap((each) => (each instanceof Promise ? [] : [each.state])),
    occupantId,
    claim: async () => {
      if (ownership && (await currentFence(deps.db, tenant)) === fence) return;
      forget();
      await own();
    },
    refreshFar,
    rememberAll: () => {
      for (const loaded of rooms.values()) {
        // Who left meanwhile must not be found in the room by the next owner.
        if (!(loaded instanceof Promise)) remember(loaded.state, [...loaded.state.bySession.keys()], { all: true });
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
        if (!(loaded instanceof Promise) && loaded.state.bySession.size === 0 && loaded.usedAt < before)
          rooms.delete(name);
      }
    },
  };
}

function liveSession(room: RoomState, jid: string): LiveSession | undefined {
  const occupant = room.bySession.get(jid);
  const session = occupant?.sessions.get(jid);
  if (!occupant || !session || occupant.bare === null) return undefined;
  const presence = session.presence.map((child) => child.toString()).join("");
  return { bare: occupant.bare, nick: occupant.nick, occupantId: occupant.occupantId, presence };
}
