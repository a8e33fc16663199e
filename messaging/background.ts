/**
 * What the owner of a tenant's rooms does by itself: claims them when its stream comes up, empties the inbox, takes in
 * people of other networks, and finds out which occupants were lost while nobody listened.
 */
import type { Redis } from "ioredis";
import type { DoorContext } from "../components/door.ts";
import { accessChanged, personTiesTopic } from "../identity/index.ts";
import type { Log } from "../platform/log.ts";
import { onWake } from "../platform/wake.ts";
import { commandRunner } from "./command-runner.ts";
import { revealSome } from "./core-quiet.ts";
import { ghostFinder } from "./ghosts.ts";
import { inboxTaker } from "./inbox-taker.ts";
import { farSideTopic, roomCommandTopic, roomInboxTopic, roomRulesTopic, tellMinute } from "./live.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";

/** Wake-ups for all tenants of a process: one subscription each, however many tenants. */
export interface Background {
  readonly onInbox: (tenant: string, listener: () => void) => () => void;
  readonly onCommand: (tenant: string, listener: () => void) => () => void;
  readonly onRules: (tenant: string, listener: () => void) => () => void;
  /** What people may do has changed. */
  readonly onRoles: (tenant: string, listener: () => void) => () => void;
  /** People are deleted. */
  readonly onTies: (tenant: string, listener: () => void) => () => void;
  readonly onFarSide: (tenant: string, listener: (room: string) => void) => () => void;
  stop(): Promise<void>;
}

/** Subscribes once for the whole process. */
export async function openBackground(patientRedis: Redis, log: Log): Promise<Background> {
  const inbox = new Map<string, () => void>();
  const commands = new Map<string, () => void>();
  const rules = new Map<string, () => void>();
  const roles = new Map<string, () => void>();
  const ties = new Map<string, () => void>();
  const far = new Map<string, (room: string) => void>();
  const stopInbox = await onWake(patientRedis, roomInboxTopic, log, ({ tenant }) => inbox.get(tenant)?.());
  const stopCommands = await onWake(patientRedis, roomCommandTopic, log, ({ tenant }) => commands.get(tenant)?.());
  const stopRules = await onWake(patientRedis, roomRulesTopic, log, ({ tenant }) => rules.get(tenant)?.());
  const stopRoles = await onWake(patientRedis, accessChanged, log, ({ tenant }) => roles.get(tenant)?.());
  const stopTies = await onWake(patientRedis, personTiesTopic, log, ({ tenant }) => ties.get(tenant)?.());
  const stopFar = await onWake(patientRedis, farSideTopic, log, ({ tenant, room }) => far.get(tenant)?.(room));
  const listen =
    <T>(listeners: Map<string, T>) =>
    (tenant: string, listener: T) => {
      listeners.set(tenant, listener);
      return () => void listeners.delete(tenant);
    };
  return {
    onInbox: listen(inbox),
    onCommand: listen(commands),
    onRules: listen(rules),
    onRoles: listen(roles),
    onTies: listen(ties),
    onFarSide: listen(far),
    stop: async () => {
      await Promise.all([stopInbox(), stopCommands(), stopRules(), stopRoles(), stopTies(), stopFar()]);
    },
  };
}

const LOOK_MS = 2_000;
/** So long bridges and a next owner process may come for what is not to be kept. */
const FOLLOWED_MS = 15 * 60_000;
/** Ticks between two deletions of it, each of which leaves evidence. */
const PURGE_TICKS = 150;

export function startBackground(context: DoorContext, rooms: Rooms, deps: RoomsDeps & { background: Background }) {
  const { log } = context;
  let online = false;
  const emptyInbox = inboxTaker(context, rooms, deps, () => online);
  const runCommands = commandRunner(context, rooms, deps, () => online);
  const findGhosts = ghostFinder(context);
  const endTies = () => rooms.ties.look(() => online);
  let ticks = 0;

  const comeUp = async (): Promise<void> => {
    try {
      await rooms.claim();
      findGhosts(rooms.loaded());
      await Promise.all([emptyInbox(), runCommands(), endTies()]);
    } catch (error) {
      log.warn("The rooms could not be claimed yet; the next stanza tries again", { error });
    }
  };

  let toldMinute = 0;
  /** For people who look at the tenant's use; silence is told once, then the figure expires. */
  const tellUse = () => {
    const used = rooms.quota.used();
    if (used === toldMinute && ticks % 15 !== 0) return;
    if (used === 0 && toldMinute === 0) return;
    toldMinute = used;
    tellMinute(deps.redis, rooms.tenant, used).catch((error: unknown) =>
      log.debug("The messages of the last minute were not told", { error }),
    );
  };

  /** Where nothing is archived, the log serves only those who follow it. */
  const purge = () =>
    deps
      .purge(rooms.tenant, new Date(deps.clock() - FOLLOWED_MS))
      .catch((error: unknown) =>
        log.warn("Messages that are not to be kept could not be deleted; tried again soon", { error }),
      );

  /** Roles end by themselves, and that one was given may have been told to nobody. */
  const lookAtRules = async () => {
    await rooms.rules.look();
    rooms.hats.look();
  };

  const tick = () => {
    ticks += 1;
    tellUse();
    if (online) {
      void emptyInbox();
      findGhosts(rooms.takeRestored());
      for (const room of rooms.loaded()) if (room.withheld.size > 0) rooms.apply(room, revealSome(room));
    }
    // A room whose last leave Redis missed is kept until it could be written.
    if (ticks % 30 === 0 && deps.redis.status === "ready") rooms.unloadIdle();
    if (online && ticks % 15 === 0) {
      void lookAtRules();
      void endTies();
    }
    if (online && ticks % PURGE_TICKS === 0 && !rooms.rules.now().archive) void purge();
    // Far sides expire: looking now and then sees it, and also a wake-up that was lost.
    if (online && ticks % 15 === 0) for (const room of rooms.loaded()) void rooms.refreshFar(room);
  };

  const timer = setInterval(tick, LOOK_MS);
  const onRedisReady = () => {
    rooms.rememberAll();
    for (const room of rooms.loaded()) void rooms.refreshFar(room);
  };
  deps.redis.on("ready", onRedisReady);
  const stopInbox = deps.background.onInbox(rooms.tenant, () => void emptyInbox());
  const stopCommands = deps.background.onCommand(rooms.tenant, () => void runCommands());
  const stopRules = deps.background.onRules(rooms.tenant, () => void lookAtRules());
  const stopRoles = deps.background.onRoles(rooms.tenant, () => rooms.hats.look());
  const stopTies = deps.background.onTies(rooms.tenant, () => void endTies());
  const stopFar = deps.background.onFarSide(rooms.tenant, (id) => {
    const room = rooms.loaded().find((each) => each.id === id);
    if (room) void rooms.refreshFar(room);
  });

  return {
    online: () => {
      online = true;
      void comeUp();
    },
    offline: () => {
      online = false;
    },
    stop: async () => {
      online = false;
      clearInterval(timer);
      deps.redis.off("ready", onRedisReady);
      stopInbox();
      stopCommands();
      stopRules();
      stopRoles();
      stopTies();
      stopFar();
      await deps.committer.idle();
    },
  };
}
