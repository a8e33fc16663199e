/**
 * Tells the XMPP server the tenant's groups, which it lays over rosters. It asks which it holds and sends those that
 * differ: when the stream is ready, when the directory changed, and by itself now and then. Whatever is interrupted is
 * found by the next comparison.
 */
import type { Redis } from "ioredis";
import type { Element } from "../components/stanza.ts";
import { directoryChanged } from "../identity/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { onWake } from "../platform/wake.ts";
import { askServer, NotOffered } from "./ask-server.ts";
import { newsOfGroups } from "./core-groups.ts";
import { groupParts, heldGroups, heldGroupsQuestion, removedGroup } from "./groups-wire.ts";
import type { OpenPart } from "./part.ts";
import { readRosterGroup, rosterGroupHashes } from "./store-groups.ts";

export interface GroupsDeps {
  readonly db: Database;
  /** For wake-ups. */
  readonly redis: Redis;
  readonly log: Log;
  readonly clock: Clock;
  /** A group with so many members was told to a server. */
  readonly onTold?: (members: number) => void;
  readonly timing?: GroupsTiming;
}

/** Milliseconds. */
interface GroupsTiming {
  /** What changes together is sent together. */
  readonly gather: number;
  /** So often it compares without a reason. */
  readonly look: number;
  readonly answer: number;
  readonly retry: number;
}

const usualTiming: GroupsTiming = { gather: 300, look: 60_000, answer: 30_000, retry: 1_000 };

/** A large group that changes all the time is not sent all the time. */
const REST = 4;
const MAX_REST_MS = 2_000;
const MAX_RETRY_MS = 60_000;
/** A send that lasts says how far it is. */
const PROGRESS_MS = 5_000;

/** The stream on which it began is gone. */
class Over extends Error {}

/** The part of all tenants that this process serves. Listens on a connection of its own. */
export async function groupsService(deps: GroupsDeps): Promise<{ part: OpenPart; close: () => Promise<void> }> {
  const open = new Map<string, () => void>();
  const deaf = await onWake(deps.redis, directoryChanged, deps.log, ({ tenant }) => open.get(tenant)?.());
  return {
    close: deaf,
    part: (context) => {
      const { tenant } = context;
      const follower = followGroups(deps, context);
      open.set(tenant.id, follower.look);
      return {
        onReady: follower.start,
        onOffline: follower.stop,
        close: async () => {
          if (open.get(tenant.id) === follower.look) open.delete(tenant.id);
          follower.stop();
          await follower.settled();
        },
      };
    },
  };
}

function followGroups(deps: GroupsDeps, context: Parameters<OpenPart>[0]) {
  const { db, clock, timing = usualTiming } = deps;
  const { tenant, log } = context;
  // Counts streams: what was begun on an earlier one must not go on with this.
  let stream = 0;
  let online = false;
  /** What the server holds; unknown until it is asked, and after each failure. */
  let held: Map<string, string> | undefined;
  let failures = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  /** When the server has rested from the last send. */
  let rested = 0;

  const lookIn = (ms: number) => {
    const at = Math.max(clock() + ms, rested);
    if (!online || at >= due) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(run, at - clock());
  };

  const ask = async (mine: number, type: "get" | "set", payload: Element): Promise<Element> => {
    const answer = await askServer(context, type, payload, { timeoutMs: timing.answer });
    if (mine !== stream) throw new Over();
    return answer;
  };

  const askHeld = async (mine: number): Promise<Map<string, string>> => {
    const answer = (await ask(mine, "get", heldGroupsQuestion())).getChild(heldGroups.name, heldGroups.ns);
    if (!answer) throw new NotOffered("an answer without groups");
    return new Map(heldGroups.read(answer).groups.map(({ id, hash }) => [id, hash]));
  };

  /** Sends what differs; gives the number of groups and members that were told. */
  const compare = async (mine: number): Promise<{ groups: number; members: number; removed: number }> => {
    held ??= await askHeld(mine);
    const { send, remove } = newsOfGroups(await rosterGroupHashes(db, tenant.id), held);
    const told = { groups: 0, members: 0, removed: 0 };
    let said = clock();
    for (const id of remove) {
      await ask(mine, "set", removedGroup(id));
      held.delete(id);
      told.removed += 1;
    }
    for (const id of send) {
      const group = await readRosterGroup(db, tenant.id, id);
      // Gone meanwhile: the next comparison takes it away.
      if (!group) continue;
      // Until the last part is taken, what the server holds is what it held.
      for (const part of groupParts(group)) await ask(mine, "set", part);
      held.set(id, group.hash);
      told.groups += 1;
      told.members += group.members.length;
      deps.onTold?.(group.members.length);
      if (clock() - said < PROGRESS_MS) continue;
      said = clock();
      log.info("Groups are being told to the server", { ...told, of: send.length });
    }
    return told;
  };

  const failed = (error: unknown) => {
    held = undefined;
    if (error instanceof Over) return;
    if (error instanceof NotOffered) {
      online = false;
      log.warn("The XMPP server shows no groups in rosters: it has no module for them", { reason: error.message });
      return;
    }
    failures += 1;
    const text = "Groups were not told to the XMPP server; it is tried again until it succeeds";
    if (failures === 1) log.warn(text, { error });
    lookIn(Math.min(MAX_RETRY_MS, timing.retry * 2 ** Math.min(failures - 1, 6)));
  };

  const turn = async (mine: number): Promise<void> => {
    const began = clock();
    try {
      const told = await compare(mine);
      failures = 0;
      const tookMs = clock() - began;
      if (told.groups + told.removed === 0) return;
      rested = clock() + Math.min(MAX_REST_MS, REST * tookMs);
      log.info("Groups are told to the server", { ...told, tookMs });
    } catch (error) {
      // An answer that did not come before the stream went is no failure.
      failed(mine === stream ? error : new Over());
    }
  };

  const run = () => {
    due = Number.POSITIVE_INFINITY;
    // One comparison at a time; what was asked for meanwhile is the next.
    if (running) return void running.then(() => lookIn(timing.gather));
    running = turn(stream).finally(() => {
      running = undefined;
      lookIn(timing.look);
    });
  };

  const stop = () => {
    stream += 1;
    online = false;
    held = undefined;
    clearTimeout(timer);
    due = Number.POSITIVE_INFINITY;
  };

  return {
    look: () => lookIn(timing.gather),
    start: () => {
      stop();
      online = true;
      failures = 0;
      lookIn(0);
    },
    stop,
    settled: async () => running,
  };
}
