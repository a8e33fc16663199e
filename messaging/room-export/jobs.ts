/** The queue's door of exports: makes them one by one, and clears up behind them. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Job } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { KontorError, toKontorError } from "../../platform/errors.ts";
import type { Log } from "../../platform/log.ts";
import { enqueue, keepLooking, openQueue, openWorker } from "../../platform/queue.ts";
import { onWake, type WakeTopic } from "../../platform/wake.ts";
import { type MakingDeps, makeExport } from "./make-export.ts";
import { failExport, openExports } from "./store-work.ts";
import { sweepExports } from "./sweep.ts";

const ref = z.object({ tenant: z.string(), id: z.uuid() });
type Ref = z.infer<typeof ref>;

/** Says that an export was asked for; its truth is in the database, so a lost word costs a minute. */
export const exportAdded: WakeTopic<Ref> = { name: "kontor:room-export", schema: ref };

export interface ExportJobs extends Omit<MakingDeps, "signal" | "onPart"> {
  /** A connection that waits for Redis. */
  readonly connection: Redis;
  readonly log: Log;
}

const LOOK_MS = 60_000;
const SWEEP_MS = 3_600_000;
/** So long nobody writes to what a worker left that ended in the middle of it. */
const LEFT_MS = 3_600_000;
/** A worker that was killed is missed after so long. */
const LOCK_MS = 10_000;

/**
 * Starts the worker of exports. It looks now and then for those that are not made, so that neither a killed worker nor
 * an emptied Redis leaves one lying. Resolves at once, also while Redis or PostgreSQL is away. Close it to end what is
 * being made; it begins anew at the next start.
 */
export function startExports(deps: ExportJobs): { close(): Promise<void> } {
  const { db, connection, log, clock } = deps;
  const stopping = new AbortController();
  const queue = openQueue<Ref>("room-export", connection, log);

  const takeUp = ({ tenant, id }: Ref) => enqueue(queue, "export", { tenant, id }, id);

  const process = async (job: Job<Ref>): Promise<void> => {
    const work = ref.parse(job.data);
    try {
      await makeExport({ ...deps, signal: stopping.signal }, work);
    } catch (error) {
      if (stopping.signal.aborted) throw error;
      const { code, message } = toKontorError(error);
      // To try again makes nothing smaller.
      const final = code === "too-large" || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
      if (!final) throw error;
      log.error("An export could not be made", { tenant: work.tenant, export: work.id, error });
      await failExport(db, work, { code, detail: message }, new Date(clock()));
    }
  };

  const worker = openWorker<Ref, void>("room-export", connection, log, process, { concurrency: 2, lockMs: LOCK_MS });
  let swept = Number.NEGATIVE_INFINITY;
  const look = async () => {
    try {
      for (const each of await openExports(db)) await takeUp(each);
      if (clock() - swept < SWEEP_MS) return;
      await sweepExports(deps);
      await sweepWork(deps.workFolder, clock() - LEFT_MS);
      swept = clock();
    } catch (error) {
      log.warn("Exports could not be looked for; it is tried again", { error });
    }
  };
  const looking = keepLooking(look, LOOK_MS);
  const listening = onWake(connection, exportAdded, log, (added) => {
    takeUp(added).catch((error: unknown) => log.warn("An export was not taken up yet", { export: added.id, error }));
  });
  return {
    close: async () => {
      stopping.abort(new KontorError("unavailable", "The worker is stopping"));
      looking.stop();
      await (await listening)();
      await worker.close();
      await queue.close();
    },
  };
}

/** Removes ZIPs that a worker began and never ended, once nobody has written to them since `before` (milliseconds). */
async function sweepWork(folder: string, before: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && found.mtimeMs < before) await rm(path, { force: true });
  }
}
