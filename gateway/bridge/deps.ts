import type { Redis } from "ioredis";
import type { Counter, Gauge } from "prom-client";
import type { Settings } from "../../config/settings.ts";
import type { Clock } from "../../platform/clock.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { Metrics } from "../../platform/metrics.ts";
import type { Database } from "../../platform/postgres.ts";

/** What the engine is started with. */
export interface BridgeDeps {
  readonly db: Database;
  /** For live state: fails at once while Redis is away. */
  readonly redis: Redis;
  /** For jobs and wake-ups: waits for Redis. */
  readonly patientRedis: Redis;
  readonly settings: Pick<Settings, "bridge" | "xmpp">;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly newId: NewId;
}

export interface BridgeMetrics {
  readonly messages: Counter;
  readonly lag: Gauge;
  readonly up: Gauge;
}

/** The engine's figures. Text of messages and names of people are no labels. */
export function bridgeMetrics(metrics: Metrics): BridgeMetrics {
  const link = ["tenant", "network", "link"];
  return {
    messages: metrics.counter(
      "kontor_bridge_messages_total",
      "Messages of links by direction and what became of them",
      ["network", "direction", "result"],
    ),
    lag: metrics.gauge("kontor_bridge_lag_entries", "Entries of the room log that a link has not passed yet", link),
    up: metrics.gauge("kontor_bridge_link_up", "1 while the far side of a link is connected", link),
  };
}

export type Direction = "in" | "out";
/** own: the link's own message came back; nothing: nothing to show; resent: applied before. */
export type MessageResult = "done" | "own" | "nothing" | "refused" | "known" | "dropped";

export const countMessages = (
  metrics: BridgeMetrics,
  network: string,
  direction: Direction,
  result: MessageResult,
  by = 1,
): void => {
  if (by > 0) metrics.messages.inc({ network, direction, result }, by);
};
