/**
 * The rooms of one tenant in the memory of their owner process: loads them, carries out what the core decides, and
 * hands messages to the group commit. Everything about one room happens in the order it came in.
 */
import { createHmac } from "node:crypto";
import type { DoorContext } from "../components/door.ts";
import type { Held } from "../components/hold.ts";
import { rolesOfPerson, xmppActor } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { wake } from "../platform/wake.ts";
import { releaseSession } from "./core-message.ts";
import { checkCreator, checkName, firstConfig } from "./core-rules.ts";
import type { Effect, LogDraft, RoomState } from "./core-state.ts";
import { formerNames } from "./former-names.ts";
import { historyTexts } from "./history.ts";
import { type Invitations, roomInvitations } from "./invitations.ts";
import { type MessageQuota, messageQuota } from "./message-quota.ts";
import { pending } from "./pending.ts";
import { type Rates, rates } from "./rates.ts";
import { type RoleHats, roleHats } from "./role-hats.ts";
import { roomAppends } from "./room-appends.ts";
import { type RoomChanges, roomChanges } from "./room-changes.ts";
import { roomMemory } from "./room-memory.ts";
import { type RoomNews, roomNews, roomNewsTopic } from "./room-news.ts";
import { type RoomReader, roomReader } from "./room-reader.ts";
import type { RoomTable } from "./room-table.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { type RulesWatch, watchRules } from "./rules-watch.ts";
import { keepShown } from "./shown.ts";
import { createRoom } from "./store.ts";
import { WithdrawnError } from "./store-commands.ts";
import { roomTies, type Ties } from "./ties.ts";

export interface Rooms extends Omit<RoomChanges, "endEmpty" | "idle">, Omit<RoomReader, "own" | "forget"> {
  readonly tenant: string;
  /** The same for a room that must be there. Throws `not-found`. */
  inRoom<R>(name: string, work: (room: RoomState) => R | Promise<R>): R | Promise<R>;
  /** Makes a room with its owner and runs `work` on it; an existing one is used as it is. */
  withNewRoom<R>(name: string, owner: string, work: (room: RoomState, created: boolean) => R): Promise<R>;
  apply(room: RoomState, effects: readonly Effect[]): void;
  /** What a stanza brings about that the server keeps: until it is reflected, or the join has come to its end. */
  applyHeld(room: RoomState, effects: readonly Effect[], held: Held | undefined): void;
  /** What may be said in all of them within a minute. */
  readonly quota: MessageQuota;
  /** The rules of the tenant for its rooms. */
  readonly rules: RulesWatch;
  /** How fast people may speak and enter. */
  readonly rates: Rates;
  /** Tells those who follow a room elsewhere what is only of the moment. */
  readonly news: RoomNews;
  readonly invitations: Invitations;
  /** The roles in the tenant that people wear. */
  readonly hats: RoleHats;
  /** What people who are deleted have in them. */
  readonly ties: Ties;
  /** The loaded rooms. */
  loaded(): RoomState[];
  occupantId(room: RoomState, who: string): string;
  /** Takes in who is there by links. */
  refreshFar(room: RoomState): Promise<void>;
  /** Writes all live state again, after Redis was away. */
  rememberAll(): void;
  /**
   * Commits and reflects a message that nobody waits for in XMPP: its archive id, or undefined when it was refused. Throws
   * WithdrawnError when it was to carry out a command that was withdrawn meanwhile.
   */
  append(room: RoomState, draft: LogDraft): Promise<string | undefined>;
  /** Forgets rooms without occupants that nobody used for ten minutes. */
  unloadIdle(): void;
}

type HistoryEffect = Extract<Effect, { readonly do: "history" }>;

const IDLE_MS = 10 * 60_000;
/** A temporary room may end in the moment in which another is about to enter it. */
const MAKE_ATTEMPTS = 5;

export function createRooms(context: DoorContext, deps: RoomsDeps): Rooms {
  const tenant = context.tenant.id;
  const rooms: RoomTable = new Map();

  const former = formerNames(deps.db, tenant, deps.occupantSecret);
  const occupantId = (room: RoomState, who: string): string =>
    createHmac("sha256", deps.occupantSecret)
      .update(`${room.id} ${former.who(who)}`)
      .digest("base64url");
  const rules = watchRules(deps.db, tenant, context.log);
  const memory = roomMemory(context, deps.redis, occupantId);
  const reader = roomReader(context, deps, rooms, { rules, former, memory, apply: (...all) => applyFar(...all) });
  const { withRoom, forget } = reader;
  const { alone, idle, changeOf, end, endEmpty } = roomChanges(context, deps, rooms, forget);
  const news = roomNews({
    keep: (room, changes, all) =>
      void keepShown(deps.redis, tenant, room, changes, { all }).catch((error: unknown) =>
        context.log.debug("Who is shown was not written", { room, error }),
      ),
    tell: (room, each) => void wake(deps.redis, roomNewsTopic, { tenant, room, news: each }, context.log),
  });
  const append = roomAppends(context, deps, rooms, { apply: (...all) => apply(...all), forget });

  const apply = (room: RoomState, effects: readonly Effect[]): void => {
    const sessions: string[] = [];
    for (const effect of effects) {
      if (effect.do === "send") context.sendToAll(effect.stanza, effect.to, effect.releases);
      else if (effect.do === "append") append(room, effect.draft, () => undefined);
      else if (effect.do === "remember") sessions.push(...effect.sessions);
      else if (effect.do === "end") void endEmpty(room);
      else void sendHistory(room, effect);
    }
    if (sessions.length === 0) return;
    memory.remember(room, sessions);
    news.moved(room);
    hats.entered();
  };

  const loaded = () => [...rooms.values()].flatMap((each) => (each instanceof Promise ? [] : [each.state]));
  const hats = roleHats(context, deps, { rules, loaded, apply: (...all) => apply(...all) });

  /** Who comes and goes by links is remembered elsewhere. */
  const applyFar = (room: RoomState, effects: readonly Effect[]): void => {
    apply(room, effects);
    news.moved(room);
  };

  const sendHistory = async (room: RoomState, { session, upTo, request, releases }: HistoryEffect) => {
    try {
      if (rules.now().archive)
        context.sendMany(await historyTexts(deps.db, tenant, room, { session, upTo, request }, deps.clock()), session);
    } catch (error) {
      context.log.warn("The history of a room could not be read; the join goes on without it", {
        room: room.name,
        error,
      });
    }
    apply(room, releaseSession(room, session));
    if (releases !== undefined) context.release(releases);
  };

  const making = pending();
  const allIdle = async () => {
    await Promise.all([making.idle(), idle()]);
  };
  const makeRoom: Rooms["withNewRoom"] = async (name, owner, work) => {
    await reader.own();
    const held = rules.now();
    checkName(held, name, false);
    // Everybody is the rule: then nobody's roles are looked up.
    if (held.creators !== "everybody") {
      checkCreator(held, await rolesOfPerson(deps.db, tenant, owner.split("@")[0] ?? "", new Date(deps.clock())));
    }
    for (let attempt = 0; attempt < MAKE_ATTEMPTS; attempt += 1) {
      const id = deps.newId();
      const made = { id, name, config: firstConfig(held, name), owner, locked: held.lockNewRooms };
      await createRoom(deps.db, tenant, made, {
        now: new Date(deps.clock()),
        newId: deps.newId,
        defaults: deps.quotas,
        actor: (trx) => xmppActor(trx, context.tenant, owner, ["room:owner"]),
      });
      const done = await withRoom(name, (room) => room && { result: work(room, room.id === id) });
      if (done) return done.result;
      // Another had made it before us, and ended it in between.
    }
    throw new KontorError("unavailable", "The room ends as soon as it is made: try again in a moment");
  };

  return {
    tenant,
    withRoom,
    withRepeated: reader.withRepeated,
    claim: reader.claim,
    takeRestored: reader.takeRestored,
    inRoom: (name, work) =>
      withRoom(name, (room) => {
        if (!room) throw new KontorError("not-found", "There is no such room");
        return work(room);
      }),
    withNewRoom: (name, owner, work) => making.track(makeRoom(name, owner, work)),
    apply,
    applyHeld: (room, effects, held) => {
      if (!held) return apply(room, effects);
      const { mark } = held;
      let taken = false;
      const kept = effects.map((effect): Effect => {
        taken ||= effect.do === "append" || effect.do === "history";
        if (effect.do === "append") return { ...effect, draft: { ...effect.draft, held: mark } };
        return effect.do === "history" ? { ...effect, releases: mark } : effect;
      });
      apply(room, kept);
      if (taken) held.take();
    },
    quota: messageQuota(tenant, deps),
    rules,
    rates: rates(rules.now, deps.clock),
    news,
    invitations: roomInvitations({ alone, changeOf }, context.log),
    alone,
    changeOf,
    end,
    loaded,
    hats,
    ties: roomTies(context, deps, { ...reader, alone, changeOf, idle: allIdle, former, hats, loaded, apply }),
    occupantId,
    refreshFar: async (room) => applyFar(room, await memory.refreshFar(room)),
    rememberAll: () => {
      for (const loaded of rooms.values()) {
        // Who left meanwhile must not be found in the room by the next owner.
        if (!(loaded instanceof Promise))
          memory.remember(loaded.state, [...loaded.state.bySession.keys()], { all: true });
      }
    },
    append: (room, draft) =>
      new Promise((resolve, reject) =>
        append(room, draft, (id, why) => (why instanceof WithdrawnError ? reject(why) : resolve(id))),
      ),
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
