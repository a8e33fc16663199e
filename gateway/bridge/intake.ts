import { countInbox, roomInboxTopic } from "../../messaging/index.ts";
import { toKontorError } from "../../platform/errors.ts";
import type { Log } from "../../platform/log.ts";
import { wake } from "../../platform/wake.ts";
import { decideInbound } from "./core-inbound.ts";
import { type BridgeDeps, type BridgeMetrics, countMessages } from "./deps.ts";
import type { FarMessage } from "./network.ts";
import { atMost, pause } from "./pause.ts";
import type { Link } from "./store.ts";
import { type Arrival, saveArrivals } from "./store-messages.ts";

/** Far messages that wait while PostgreSQL is away or the inbox is full; more are dropped, and the log says how many. */
const MAX_WAITING = 1_000;
const PAGE = 50;
const CLOSE_MS = 5_000;
/** So many may wait for a tenant's quota of messages; beyond that a far side's flood would fill the database. */
const MAX_INBOX = 5_000;
const FULL_MS = 2_000;

export interface Intake {
  push(message: FarMessage): void;
  /** Puts away what waits, for a few seconds at most. */
  close(): Promise<void>;
}

/** The inbound lane of a link: far messages in the order they came, each into the room's inbox once. */
export function openIntake(
  link: Link,
  deps: Pick<BridgeDeps, "db" | "redis" | "clock" | "newId">,
  metrics: BridgeMetrics,
  log: Log,
): Intake {
  const waiting: Arrival[] = [];
  const stopped = new AbortController();
  let dropped = 0;
  let running: Promise<void> | undefined;

  const save = async (arrivals: readonly Arrival[]): Promise<void> => {
    const fresh = await saveArrivals(deps.db, link, arrivals, new Date(deps.clock()));
    countMessages(metrics, link.network, "in", "done", fresh);
    countMessages(metrics, link.network, "in", "known", arrivals.length - fresh);
    await wake(deps.redis, roomInboxTopic, { tenant: link.tenant }, log);
  };

  /** One by one, so that a message PostgreSQL will not take holds up no other. */
  const saveSingly = async (arrivals: readonly Arrival[]): Promise<void> => {
    for (const arrival of arrivals) {
      try {
        await save([arrival]);
      } catch (error) {
        if (toKontorError(error).code === "unavailable") throw error;
        waiting.splice(waiting.indexOf(arrival), 1);
        countMessages(metrics, link.network, "in", "dropped");
        log.error("A far message could not be stored and was dropped", { error });
        continue;
      }
      waiting.splice(waiting.indexOf(arrival), 1);
    }
  };

  const drain = async (): Promise<void> => {
    let told = false;
    for (let failures = 0; waiting.length > 0 && !stopped.signal.aborted; ) {
      const page = waiting.slice(0, PAGE);
      try {
        if ((await countInbox(deps.db, link.tenant, MAX_INBOX)) >= MAX_INBOX) {
          if (!told) log.warn("Far messages wait: the tenant's inbox is full", { waiting: waiting.length });
          told = true;
          await pause(FULL_MS, stopped.signal);
          continue;
        }
        await save(page);
        waiting.splice(0, page.length);
        failures = 0;
      } catch (error) {
        const away = toKontorError(error).code === "unavailable";
        if (failures === 0) log.warn("Far messages wait: they could not be stored", { waiting: waiting.length, error });
        failures += 1;
        if (away) await pause(Math.min(5_000, 200 * 2 ** failures), stopped.signal);
        else await saveSingly(page).catch(() => pause(1_000, stopped.signal));
      }
    }
    if (dropped > 0) log.error("Far messages were dropped while others waited", { dropped });
    dropped = 0;
    // Here and not in a later callback: a message pushed in between would find nobody to take it.
    running = undefined;
  };

  return {
    push: (message) => {
      const inbound = decideInbound(message);
      if (!inbound) return countMessages(metrics, link.network, "in", "nothing");
      if (waiting.length >= MAX_WAITING) {
        if (dropped === 0) log.error("Too many far messages wait: further ones are dropped");
        dropped += 1;
        return countMessages(metrics, link.network, "in", "dropped");
      }
      waiting.push({ inboxId: deps.newId(), farId: message.farId, at: message.at, ...inbound });
      running ??= drain();
    },
    close: async () => {
      if (running) await atMost(CLOSE_MS, running);
      stopped.abort();
      await running;
      if (waiting.length > 0) log.error("Far messages were dropped at the end", { dropped: waiting.length });
    },
  };
}
