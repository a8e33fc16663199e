/**
 * The worker's door of webhooks: has each served, woken by what changes. Several workers may run: whoever takes a webhook
 * first makes its next delivery.
 */
import type { Redis } from "ioredis";
import { directoryChanged } from "../../identity/index.ts";
import type { Metrics } from "../../platform/metrics.ts";
import { keepLooking } from "../../platform/queue.ts";
import { onWake } from "../../platform/wake.ts";
import { presenceChanged, presenceRulesChanged } from "../events.ts";
import { webhooksTopic } from "./events.ts";
import { type Lane, type LaneDeps, openLane } from "./lane.ts";
import { openWebhooks, removeOfClosed } from "./store-work.ts";

export interface WebhookJobs extends Omit<LaneDeps, "room" | "delivered"> {
  /** A connection that waits for Redis. */
  readonly connection: Redis;
  readonly metrics: Metrics;
  /** Milliseconds between looks of its own, since a wake-up may be lost. */
  readonly lookMs?: number;
}

const LOOK_MS = 15_000;
/** Every so many looks people are compared with what was told of them: out of office ends without a word. */
const COMPARE_EVERY = 20;
/** Deliveries at once: receivers that do not answer leave room for the others, and the database has others to serve. */
const AT_ONCE = 32;

/** Starts serving webhooks. Resolves at once, also while Redis or PostgreSQL is away. Close it to let deliveries end. */
export function startWebhooks(deps: WebhookJobs): { close(): Promise<void> } {
  const { db, connection, log, clock, newId, metrics } = deps;
  const lanes = new Map<string, Map<string, Lane>>();
  const name = "kontor_presence_webhook_deliveries_total";
  const deliveries = metrics.counter(name, "Deliveries to webhooks of presence", ["result"]);
  const laneDeps: LaneDeps = {
    ...deps,
    room: roomFor(AT_ONCE),
    delivered: (taken) => deliveries.inc({ result: taken ? "taken" : "failed" }),
  };
  let looks = 0;
  let closed = false;

  const lanesOf = (tenant: string) => [...(lanes.get(tenant)?.values() ?? [])];
  const drop = (tenant: string, id: string) => {
    const of = lanes.get(tenant);
    const lane = of?.get(id);
    of?.delete(id);
    if (of?.size === 0) lanes.delete(tenant);
    void lane?.close();
  };

  const look = async () => {
    try {
      if (looks % COMPARE_EVERY === 0) await removeOfClosed(db, new Date(clock()), newId);
      const open = await openWebhooks(db);
      if (closed) return;
      for (const { tenant, id } of open) {
        const of = lanes.get(tenant) ?? new Map<string, Lane>();
        lanes.set(tenant, of);
        if (!of.has(id))
          of.set(
            id,
            openLane({ tenant, id }, laneDeps, () => drop(tenant, id)),
          );
        of.get(id)?.wake(looks % COMPARE_EVERY === 0);
      }
      looks += 1;
    } catch (error) {
      log.warn("Webhooks could not be looked for; it is tried again", { error });
    }
  };
  const looking = keepLooking(look, deps.lookMs ?? LOOK_MS);
  const following = [
    onWake(connection, presenceChanged, log, ({ tenant }) => {
      for (const lane of lanesOf(tenant)) lane.wake();
    }),
    ...[presenceRulesChanged, directoryChanged].map((topic) =>
      onWake(connection, topic, log, ({ tenant }) => {
        for (const lane of lanesOf(tenant)) lane.wake(true);
      }),
    ),
    onWake(connection, webhooksTopic, log, ({ tenant }) => {
      for (const lane of lanesOf(tenant)) lane.changed();
      void look();
    }),
  ];
  return {
    close: async () => {
      closed = true;
      looking.stop();
      await Promise.all(following.map(async (each) => (await each)()));
      await Promise.all([...lanes.keys()].flatMap(lanesOf).map((lane) => lane.close()));
    },
  };
}

/** Runs so much at once; what comes on top waits. */
function roomFor(places: number): <R>(work: () => Promise<R>) => Promise<R> {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      // The place goes to the next one, or is free.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
