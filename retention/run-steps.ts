import { setTimeout as pause } from "node:timers/promises";
import type { Transaction } from "kysely";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import type { Kind } from "./catalogue.ts";
import { type Fact, instant } from "./core-evidence.ts";
import { appendEvidence } from "./store-evidence.ts";
import { markPart, type Part } from "./store-parts.ts";
import type { Run } from "./store-runs.ts";
import type { Tables } from "./tables.ts";

/** What the steps of a run share. */

/** Deletes data that only its domain can delete, because more than rows goes with it. */
export interface Deleter {
  /** The kind of the catalogue. */
  readonly kind: string;
  /**
   * Deletes up to `limit` things of a tenant that began before the cutoff; gives how many, or what evidence can say of
   * each. 0 or nothing when none is left.
   */
  deleteBefore(tenant: string, cutoff: Date, limit: number): Promise<number | readonly DeletedThing[]>;
  /** When the oldest thing of these tenants began. */
  oldest?(tenants: readonly string[]): Promise<Date | undefined>;
}

/** What evidence says of a thing that is gone. */
export interface DeletedThing {
  readonly start: Date;
  /** What its hash is made of. Nothing that names a person. */
  readonly hashed: readonly string[];
}

/** Where a run stands: told after each step. */
export type Step =
  | { readonly step: "planned" | "deleted" | "proven"; readonly tenant: string }
  | { readonly step: "batch"; readonly tenant: string; readonly rows: number }
  | { readonly step: "detached" | "dropped"; readonly partition: string; readonly rows: number };

export interface RunDeps {
  /** As the application role: a tenant's rows are deleted under row-level security. */
  readonly db: Database;
  /** As the owner, with a lock timeout: takes partitions off and drops them. */
  readonly owner: Database;
  readonly kinds: readonly Kind[];
  readonly deleters: readonly Deleter[];
  readonly clock: Clock;
  readonly log: Log;
  /** Rows of one batch, deleted in one transaction. */
  readonly batch: number;
  /** Ends the run between two steps; it goes on from there the next time. */
  readonly signal: AbortSignal;
  /** Told of every step. What it throws ends the step like a crash after it. */
  readonly onStep: (kind: string, step: Step) => void;
}

const LOCK_TRIES = 4;
const LOCK_PAUSE_MS = 250;
/** lock_not_available, deadlock_detected, and object_not_in_prerequisite_state: another partition is half detached. */
const HELD = new Set(["55P03", "40P01", "55000"]);

/** Tries again while another transaction holds what is needed; a few times only, the queue tries again later. */
export async function untilFree<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      signal.throwIfAborted();
      return await work();
    } catch (error) {
      const held = error instanceof Error && "code" in error && typeof error.code === "string" && HELD.has(error.code);
      if (!held) throw error;
      if (tries === LOCK_TRIES) throw new KontorError("unavailable", "Another transaction holds the rows", {}, error);
      await pause(LOCK_PAUSE_MS * tries, undefined, { signal });
    }
  }
}

/** Ends a tenant's part: marked and on record, both or neither. */
export async function complete(
  trx: Transaction<Tables>,
  deps: RunDeps,
  run: Run,
  kind: Kind,
  part: Part,
): Promise<void> {
  await markPart(trx, run.id, part.tenant, "done");
  await appendEvidence(trx, { ...factOf(deps, run, kind, part, "*"), result: "complete" });
}

/** What every row of evidence of a part says. */
export function factOf(deps: RunDeps, run: Run, kind: Kind, part: Part, segment: string): Omit<Fact, "result"> {
  return {
    ...{ tenant: part.tenant, class: kind.class, kind: kind.name, cutoff: instant(part.cutoff), segment },
    ...{ rowCount: 0, oldest: null, newest: null, segmentHash: null },
    ...{ runId: run.id, at: instant(new Date(deps.clock())) },
  };
}

/** Does work for each tenant; the trouble of one does not keep it from the next. */
export type Each = (work: (tenant: string) => Promise<void>) => Promise<void>;

/** The part of a tenant that has been planned. */
export function partOf(parts: ReadonlyMap<string, Part>, tenant: string): Part {
  const part = parts.get(tenant);
  if (!part) throw new KontorError("internal", `The run has no part of ${tenant}`);
  return part;
}
