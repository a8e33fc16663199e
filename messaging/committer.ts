/**
 * Group commit over all rooms of this process: while one transaction runs, what comes in gathers for the next one.
 *
 * A batch whose transaction failed in doubt (the connection broke) may or may not be stored. It is kept and written
 * again, which changes nothing if it was stored, until the database answers; until then new messages are refused.
 */
import type { Clock } from "../platform/clock.ts";
import { KontorError, toKontorError } from "../platform/errors.ts";
import type { Log } from "../platform/log.ts";
import { InDoubtError } from "../platform/postgres.ts";
import { type CommitEntry, FencedError } from "./commit.ts";
import { WithdrawnError } from "./store-commands.ts";

/** An entry on its way, with whom to tell. Exactly one of the two is called. */
interface Pending {
  /** Gives the entry its place; called once at most, when its batch is formed. */
  readonly place: (at: Date) => CommitEntry;
  readonly committed: (entry: CommitEntry) => void;
  /**
   * `unavailable` when the database is away, FencedError when another process owns the room, WithdrawnError when nobody
   * waits for what it was to do.
   */
  readonly failed: (error: Error) => void;
}

interface Placed {
  readonly pending: Pending;
  readonly entry: CommitEntry;
}

export interface CommitterDeps {
  readonly commit: (entries: readonly CommitEntry[]) => Promise<void>;
  /** Makes the partitions of a day. */
  readonly prepare: (at: Date) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onBatch: (size: number, seconds: number) => void;
}

export interface Committer {
  /** Throws `too-many` when too much waits, `unavailable` while a batch is in doubt. */
  append(pending: Pending): void;
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>;
}

const MAX_BATCH = 500;
const MAX_WAITING = 10_000;
const RETRY_MS = 250;

export function createCommitter(deps: CommitterDeps): Committer {
  let waiting: Pending[] = [];
  let running: Promise<void> | undefined;
  let inDoubt = false;
  let preparedDay = "";

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      await write(batch);
    }
  };

  const write = async (batch: readonly Pending[]): Promise<void> => {
    const at = new Date(deps.clock());
    try {
      await prepare(at);
    } catch (error) {
      return fail(batch, error);
    }
    let placed = placeAll(batch, at);
    const withdrawn: Placed[] = [];
    const started = performance.now();
    for (let attempt = 0; placed.length > 0; attempt += 1) {
      try {
        await deps.commit(placed.map(({ entry }) => entry));
        break;
      } catch (error) {
        if (error instanceof WithdrawnError) {
          // Nothing was stored: the others close up, since the numbers of a room have no gaps.
          withdrawn.push(...placed.filter(({ entry }) => error.entries.includes(entry.id)));
          placed = closedUp(placed, error.entries);
          continue;
        }
        // In doubt, only another owner settles it: whatever else fails says nothing about the first attempt.
        const doubtful = error instanceof InDoubtError || (inDoubt && !(error instanceof FencedError));
        if (!doubtful)
          return fail(
            [...placed, ...withdrawn].map(({ pending }) => pending),
            error,
          );
        if (attempt === 0)
          deps.log.warn("PostgreSQL went away during a commit; it is settled when it is back", { error });
        inDoubt = true;
        refuseWaiting();
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    if (inDoubt) deps.log.info("PostgreSQL is back; what was in doubt is committed", { messages: placed.length });
    inDoubt = false;
    if (placed.length > 0) deps.onBatch(placed.length, (performance.now() - started) / 1000);
    for (const { pending, entry } of placed) pending.committed(entry);
    for (const { pending, entry } of withdrawn) pending.failed(new WithdrawnError([entry.id]));
  };

  /** A message that can't be placed fails alone: it must not take along those it happened to come with. */
  const placeAll = (batch: readonly Pending[], at: Date) => {
    const placed: Placed[] = [];
    for (const pending of batch) {
      try {
        placed.push({ pending, entry: pending.place(at) });
      } catch (error) {
        deps.log.error("A message could not be made ready for the log", { error });
        pending.failed(toKontorError(error));
      }
    }
    return placed;
  };

  const prepare = async (at: Date): Promise<void> => {
    const day = at.toISOString().slice(0, 10);
    if (day === preparedDay) return;
    await deps.prepare(at);
    preparedDay = day;
  };

  const fail = (batch: readonly Pending[], error: unknown) => {
    inDoubt = false;
    deps.log.warn("Messages were refused: they could not be committed", { messages: batch.length, error });
    const told = error instanceof FencedError ? error : toKontorError(error);
    for (const pending of batch) pending.failed(told);
  };

  const refuseWaiting = () => {
    const refused = waiting;
    waiting = [];
    for (const pending of refused) pending.failed(new KontorError("unavailable"));
  };

  return {
    append: (pending) => {
      if (inDoubt) throw new KontorError("unavailable");
      if (waiting.length >= MAX_WAITING)
        throw new KontorError("too-many", "The service is busy, try again in a moment");
      waiting.push(pending);
      running ??= Promise.resolve()
        .then(run)
        .finally(() => {
          running = undefined;
        });
    },
    idle: async () => {
      while (running) await running;
    },
  };
}

/** Without those entries; later ones of the same rooms take their numbers. */
function closedUp(placed: readonly Placed[], without: readonly string[]): Placed[] {
  const gaps = new Map<string, number>();
  return placed.flatMap(({ pending, entry }): Placed[] => {
    const gap = gaps.get(entry.roomId) ?? 0;
    if (without.includes(entry.id)) {
      gaps.set(entry.roomId, gap + 1);
      return [];
    }
    return [{ pending, entry: { ...entry, seq: entry.seq - gap } }];
  });
}
