import type { Job } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Metrics } from "../platform/metrics.ts";
import { enqueue, keepLooking, openQueue, openWorker } from "../platform/queue.ts";
import { onWake, type WakeTopic } from "../platform/wake.ts";
import { executeRun } from "./run.ts";
import type { RunDeps, Step } from "./run-steps.ts";
import { oldestRow } from "./store-rows.ts";
import { addTurn, beginRun, endRun, forgetRuns, openRuns, tenantIds } from "./store-runs.ts";

/** Says that a run was added; its truth is in the database, so a lost word costs a minute. */
export const runAdded: WakeTopic<{ run: string }> = {
  name: "kontor:retention-run",
  schema: z.object({ run: z.uuid() }),
};

const SCHEDULE = "retention-turn";
const jobData = z.object({ run: z.uuid().optional() });
type JobData = z.infer<typeof jobData>;

/** A turn looks ahead to the next one and this much further, so that nothing that is over meanwhile waits for it. */
const RUN_MAY_TAKE_MS = 15 * 60_000;
const LOOK_MS = 60_000;
const KEEP_RUNS_MS = 366 * 86_400_000;

export interface RetentionDeps extends Omit<RunDeps, "signal" | "onStep" | "batch"> {
  /** A connection that waits for Redis. */
  readonly connection: Redis;
  readonly metrics: Metrics;
  readonly newId: NewId;
  /** Cron expression of the turns, and its IANA time zone. */
  readonly schedule: string;
  readonly timeZone: string;
  /** Milliseconds between two looks for open runs. */
  readonly lookMs?: number;
}

/**
 * Starts the worker of retention: turns by the schedule, runs on request, and a look now and then for runs that are
 * not finished, so that neither a killed worker nor an emptied Redis leaves one lying. Resolves at once, also while
 * Redis or PostgreSQL is away. Close it to end the running step; the run goes on where it stands.
 */
export function startRetention(deps: RetentionDeps): { close(): Promise<void> } {
  const { db, connection, log, clock, kinds, metrics } = deps;
  const stopping = new AbortController();
  const deleted = metrics.counter("kontor_retention_rows_deleted_total", "Rows and files deleted", ["kind"]);
  const age = metrics.gauge("kontor_retention_oldest_row_age_seconds", "Age of the oldest row of a kind", ["kind"]);
  const onStep = (kind: string, step: Step) => {
    if ("rows" in step) deleted.inc({ kind }, step.rows);
    log.debug("A step of retention is done", { kind, ...step });
  };
  const runDeps: RunDeps = { ...deps, batch: 1_000, signal: stopping.signal, onStep };
  const queue = openQueue<JobData>("retention", connection, log);

  const keepSchedule = async () => {
    const { schedule: pattern, timeZone: tz } = deps;
    const kept = await queue.getJobScheduler(SCHEDULE);
    if (kept?.pattern === pattern && kept.tz === tz) return;
    await queue.upsertJobScheduler(SCHEDULE, { pattern, tz }, { name: "turn", data: {} });
  };

  const takeUp = (run: string) => enqueue(queue, "run", { run }, run);

  const measure = async () => {
    const tenants = await tenantIds(db);
    for (const kind of kinds) {
      const deleter = deps.deleters.find((each) => each.kind === kind.name);
      if (kind.place === "domain" && deleter?.oldest === undefined) continue;
      const oldest =
        kind.place === "table" ? await oldestRow(db, kind.table, tenants) : await deleter?.oldest?.(tenants);
      age.set({ kind: kind.name }, oldest ? Math.max(0, (clock() - oldest.getTime()) / 1_000) : 0);
    }
  };

  const turn = async (job: Job<JobData>) => {
    const now = clock();
    const next = (await queue.getJobScheduler(SCHEDULE))?.next ?? now;
    const asOf = new Date(Math.max(now, next) + RUN_MAY_TAKE_MS);
    for (const { name: kind, place } of kinds) {
      // Without anybody to delete a kind there is nothing to run; the start said so.
      if (place === "domain" && !deps.deleters.some((deleter) => deleter.kind === kind)) continue;
      await addTurn(db, { id: deps.newId(), kind, asOf, turn: `${job.id}/${kind}` }, new Date(now));
    }
    for (const { id } of await openRuns(db)) await takeUp(id);
    await forgetRuns(db, new Date(now - KEEP_RUNS_MS));
  };

  const process = async (job: Job<JobData>): Promise<void> => {
    const { run } = jobData.parse(job.data);
    if (job.name === "turn") return turn(job);
    if (!run) throw new KontorError("internal", "A job of retention names no run");
    try {
      await executeRun(runDeps, run);
    } catch (error) {
      const last = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
      // A run of the schedule is tried until the next turn takes it over; one on request tells who asked.
      const asked = (await beginRun(db, run))?.scope === "tenant";
      if (last && asked && !stopping.signal.aborted) {
        const why = error instanceof Error ? error.message : "failed";
        await endRun(db, run, "failed", new Date(clock()), why);
      }
      throw error;
    }
  };

  const worker = openWorker<JobData, void>("retention", connection, log, process, { concurrency: 2 });
  const look = async () => {
    try {
      await keepSchedule();
      for (const { id } of await openRuns(db)) await takeUp(id);
      await measure();
    } catch (error) {
      log.warn("Retention could not look for open runs; it looks again", { error });
    }
  };
  for (const { name, place } of kinds) {
    if (place === "domain" && !deps.deleters.some((deleter) => deleter.kind === name)) {
      log.warn("Nobody deletes this kind of data in this process", { kind: name });
    }
  }
  const looking = keepLooking(look, deps.lookMs ?? LOOK_MS);
  const listening = onWake(connection, runAdded, log, ({ run }) => {
    takeUp(run).catch((error: unknown) => log.warn("A run was not taken up; it is at the next look", { run, error }));
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
