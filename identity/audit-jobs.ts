import type { Redis } from "ioredis";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { forgetAnswers } from "../platform/idempotency.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { openQueue, openWorker } from "../platform/queue.ts";
import { onWake, type WakeTopic } from "../platform/wake.ts";
import { signHeads } from "./audit-sign.ts";
import type { AuditSigner } from "./core-audit-signature.ts";

/** Asks the worker to sign all heads now. */
export const signingAsked: WakeTopic<Record<string, never>> = { name: "kontor:audit-sign", schema: z.strictObject({}) };

const DAILY = { pattern: "17 0 * * *", tz: "Etc/UTC" };
const LOOK_MS = 3_600_000;

export interface AuditJobs {
  readonly db: Database;
  /** A connection that waits for Redis. */
  readonly connection: Redis;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: nothing is signed, which is said once. */
  readonly signer: AuditSigner | undefined;
}

/**
 * Signs the heads of the audit chains each day and on request, and forgets old answers to repeated requests. Signed
 * heads go to the log as well, so that they also stand outside of the database. Resolves at once, also while Redis or
 * PostgreSQL is away.
 */
export function startAuditJobs({ db, connection, clock, log, signer }: AuditJobs): { close(): Promise<void> } {
  const lines = log.with({ class: "audit" });
  const queue = openQueue<object>("audit", connection, log);
  const worker = openWorker<object, void>(
    "audit",
    connection,
    log,
    async () => {
      await forgetAnswers(db, new Date(clock()));
      if (!signer) return;
      const { keyId } = signer;
      for (const head of await signHeads(db, signer, new Date(clock()))) {
        lines.info("The head of an audit log was signed", { ...head, keyId });
      }
    },
    { concurrency: 1 },
  );
  if (!signer) log.warn("Nothing signs the audit log: name a key in audit.signingKey", { class: "system" });
  const schedule = () => {
    queue
      .upsertJobScheduler("daily", DAILY, { name: "sign", data: {} })
      .catch((error: unknown) => log.warn("The daily signing is not scheduled; tried again later", { error }));
  };
  schedule();
  const timer = setInterval(schedule, LOOK_MS);
  const listening = onWake(connection, signingAsked, log, () => {
    queue
      .add("sign", {}, { deduplication: { id: "asked" } })
      .catch((error: unknown) => log.warn("The audit log was not signed on request", { error }));
  });
  return {
    close: async () => {
      clearInterval(timer);
      await (await listening)();
      await worker.close();
      await queue.close();
    },
  };
}
