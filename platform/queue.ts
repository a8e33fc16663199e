import { type Job, type JobsOptions, type Processor, Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Log } from "./log.ts";

const PREFIX = "{kontor}:jobs";

/** Finished jobs are kept for a day at most, failed ones for three: both hold ids only, never content. */
const defaults: JobsOptions = {
  attempts: 10,
  backoff: { type: "exponential", delay: 500, jitter: 0.5 },
  removeOnComplete: { age: 86_400, count: 1_000 },
  removeOnFail: { age: 3 * 86_400, count: 5_000 },
};

/** A queue of jobs; `connection` is a patient one. */
export function openQueue<D>(name: string, connection: Redis, log: Log): Queue<D> {
  const queue = new Queue<D>(name, { connection, prefix: PREFIX, defaultJobOptions: defaults });
  queue.on("error", (error) => log.warn("The job queue is away; jobs wait", { queue: name, error }));
  return queue;
}

/** A worker of a queue, with its failures logged. Close it to let running jobs end. */
export function openWorker<D, R>(
  name: string,
  connection: Redis,
  log: Log,
  processor: Processor<D, R>,
  options: { readonly concurrency: number; readonly lockMs?: number },
): Worker<D, R> {
  const worker = new Worker<D, R>(name, processor, {
    connection,
    prefix: PREFIX,
    concurrency: options.concurrency,
    lockDuration: options.lockMs ?? 30_000,
  });
  worker.on("error", (error) => log.warn("The job queue is away; the worker waits", { queue: name, error }));
  worker.on("failed", (job: Job<D, R> | undefined, error: Error) =>
    log.error("A job failed", { queue: name, job: job?.id, attempt: job?.attemptsMade, error }),
  );
  return worker;
}

/** Adds a job under an id; one that ended under that id before gives way, one that waits or runs is the same job. */
export async function enqueue(
  queue: Pick<Queue<object>, "getJob" | "add">,
  name: string,
  data: object,
  jobId: string,
): Promise<void> {
  const job = await queue.getJob(jobId);
  if (job && ((await job.isFailed()) || (await job.isCompleted()))) await job.remove();
  await queue.add(name, data, { jobId });
}

/**
 * Looks now and again, each time so many milliseconds after the last look ended: with Redis away a look waits, and they
 * must not pile up. `look` does not reject.
 */
export function keepLooking(look: () => Promise<void>, everyMs: number): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const again = () =>
    look().finally(() => {
      if (!stopped) timer = setTimeout(again, everyMs);
    });
  void again();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
