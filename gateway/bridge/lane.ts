import { RateLimitError } from "bullmq";
import type { Log } from "../../platform/log.ts";
import { openQueue, openWorker } from "../../platform/queue.ts";
import type { BridgeDeps } from "./deps.ts";
import { atMost } from "./pause.ts";
import type { createSender } from "./sender.ts";
import type { Link } from "./store.ts";

/** Retries while PostgreSQL is away: 0.5 s doubling to 8 s; afterwards the poll adds a new job. */
const ATTEMPTS = 5;
const CLOSE_MS = 8_000;

export interface Lane {
  /** There may be something to send. */
  wake(): void;
  close(): Promise<void>;
}

/**
 * The ordered outbound lane of a link. Job `move` of queue `bridge-<link>`: in: the tenant and the link; out: the log
 * after the cursor is with the far side and the cursor behind it. One job is active and one waits at most, so each link
 * has one order, and a slow or dead far side holds up no other. The job carries no truth: without it, the next wake-up
 * or poll adds one.
 */
export function openLane(
  link: Link,
  deps: Pick<BridgeDeps, "patientRedis" | "settings">,
  sender: ReturnType<typeof createSender>,
  log: Log,
): Lane {
  const name = `bridge-${link.id}`;
  const queue = openQueue<{ tenant: string; link: string }>(name, deps.patientRedis, log);
  const worker = openWorker<{ tenant: string; link: string }, string>(
    name,
    deps.patientRedis,
    log,
    async () => {
      const result = await sender.run();
      if (result.kind !== "later") return result.kind;
      await queue.rateLimit(result.retryAfterMs);
      throw new RateLimitError();
    },
    { concurrency: 1 },
  );
  let adding = false;
  let again = false;
  let closed = false;

  const add = async (): Promise<void> => {
    adding = true;
    try {
      await queue.add(
        "move",
        { tenant: link.tenant, link: link.id },
        {
          deduplication: { id: link.id, keepLastIfActive: true },
          attempts: ATTEMPTS,
          removeOnComplete: true,
          removeOnFail: true,
        },
      );
    } catch (error) {
      if (!closed) log.debug("A job was not added; the poll adds it", { error });
    } finally {
      adding = false;
    }
    if (again && !closed) {
      again = false;
      void add();
    }
  };

  const wake = () => {
    if (closed) return;
    // With Redis away an add waits for it: one is enough.
    if (adding) again = true;
    else void add();
  };
  const poll = setInterval(wake, deps.settings.bridge.pollSeconds * 1_000);

  return {
    wake,
    close: async () => {
      closed = true;
      clearInterval(poll);
      if (!(await atMost(CLOSE_MS, worker.close()))) log.warn("The lane of a link was left while it still worked");
      await atMost(CLOSE_MS, queue.close());
    },
  };
}

/** Removes what a removed link left in the job queue. */
export async function forgetLane(linkId: string, deps: Pick<BridgeDeps, "patientRedis">, log: Log): Promise<void> {
  const queue = openQueue(`bridge-${linkId}`, deps.patientRedis, log);
  await atMost(CLOSE_MS, queue.obliterate({ force: true }));
  await atMost(CLOSE_MS, queue.close());
}
