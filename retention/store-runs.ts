import type { Transaction } from "kysely";
import { type Actor, audit } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { raiseWatermark } from "./store-parts.ts";
import type { State, Tables } from "./tables.ts";

/** A run deletes what is over of one kind: of all tenants at a turn of the schedule, or of one on request. */
export interface Run {
  readonly id: string;
  readonly kind: string;
  readonly scope: "all" | "tenant";
  readonly asOf: Date;
  readonly state: State;
}

const runColumns = ["id", "kind", "scope", "as_of as asOf", "state"] as const;
const OPEN = ["waiting", "running"] as const;

/** Ids of all tenants, in order. */
export async function tenantIds(db: Database): Promise<string[]> {
  const rows = await db.common<Tables>().selectFrom("tenant").select("id").orderBy("id").execute();
  return rows.map(({ id }) => id);
}

export interface NewRun {
  readonly id: string;
  readonly kind: string;
  readonly asOf: Date;
}

/**
 * Adds the run of a turn of the schedule for all tenants; a turn that has its run already gets no second one. What an
 * earlier turn has not finished goes over to this one.
 */
export async function addTurn(db: Database, run: NewRun & { readonly turn: string }, now: Date): Promise<void> {
  const { id, kind, asOf, turn } = run;
  await db.withTenants([], async (trx: Transaction<Tables>) => {
    const added = await trx
      .insertInto("retention_run")
      .values({ id, kind, scope: "all", turn, as_of: asOf, ...fresh, created_at: now })
      .onConflict((conflict) => conflict.column("turn").doNothing())
      .returning("id")
      .executeTakeFirst();
    if (!added) return;
    await trx
      .updateTable("retention_run")
      .set({ state: "failed", problem: `not finished in its turn; run ${id} goes on`, finished_at: now })
      .where("kind", "=", kind)
      .where("scope", "=", "all")
      .where("id", "!=", id)
      .where("state", "in", OPEN)
      .execute();
  });
}

const fresh = { state: "waiting", problem: null, finished_at: null } as const;

/** Adds a run for one tenant. Errors: `not-found` for an unknown tenant, `too-many` while it has one under way. */
export async function addRun(
  db: Database,
  run: NewRun & { readonly tenant: string },
  now: Date,
  { actor, newId }: { readonly actor: Actor; readonly newId: NewId },
): Promise<void> {
  const { id, kind, asOf, tenant } = run;
  await db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    // The watermark row is made and locked here, so that two requests at once cannot both find nothing under way.
    const known = await trx.selectFrom("tenant").select("id").where("id", "=", tenant).executeTakeFirst();
    if (!known) throw new KontorError("not-found");
    await raiseWatermark(trx, tenant, kind, new Date(0));
    const open = await trx
      .selectFrom("retention_part as part")
      .innerJoin("retention_run as run", "run.id", "part.run_id")
      .select("run.id")
      .where("part.tenant_id", "=", tenant)
      .where("run.kind", "=", kind)
      .where("run.scope", "=", "tenant")
      .where("run.state", "in", OPEN)
      .executeTakeFirst();
    if (open) throw new KontorError("too-many", `Run ${open.id} is under way: wait for it`, { retryAfterSeconds: 5 });
    await trx
      .insertInto("retention_run")
      .values({ id, kind, scope: "tenant", turn: null, as_of: asOf, ...fresh, created_at: now })
      .execute();
    await trx
      .insertInto("retention_part")
      .values({ tenant_id: tenant, run_id: id, cutoff: null, state: "waiting", row_count: 0, problem: null })
      .execute();
    const after = { kind, asOf: asOf.toISOString() };
    await audit(trx, actor, { tenant, action: "retention:run", object: `retention-run/${id}`, after }, now, newId);
  });
}

/** Runs that are not finished, oldest first. */
export async function openRuns(db: Database): Promise<Run[]> {
  const runs = db.common<Tables>().selectFrom("retention_run").select(runColumns).where("state", "in", OPEN);
  return runs.orderBy("created_at").limit(1_000).execute();
}

/** The run of this id, marked as running unless it has ended; undefined when there is none. */
export async function beginRun(db: Database, id: string): Promise<Run | undefined> {
  const runs = db.common<Tables>();
  await runs
    .updateTable("retention_run")
    .set({ state: "running" })
    .where("id", "=", id)
    .where("state", "in", OPEN)
    .execute();
  return runs.selectFrom("retention_run").select(runColumns).where("id", "=", id).executeTakeFirst();
}

/** Ends a run for good. */
export async function endRun(db: Database, id: string, state: "done" | "failed", now: Date, problem?: string) {
  await db
    .common<Tables>()
    .updateTable("retention_run")
    .set({ state, problem: problem ?? null, finished_at: now })
    .where("id", "=", id)
    .where("state", "in", OPEN)
    .execute();
}

/** Forgets runs that ended before `before`; their evidence stays. */
export async function forgetRuns(db: Database, before: Date): Promise<void> {
  await db.common<Tables>().deleteFrom("retention_run").where("finished_at", "<", before).execute();
}

/** Tenants that have a part in a run. */
export async function partTenants(db: Database, run: string): Promise<string[]> {
  const tenants = await tenantIds(db);
  if (tenants.length === 0) return [];
  return db.withTenants(tenants, async (trx: Transaction<Tables>) => {
    const parts = trx.selectFrom("retention_part").select("tenant_id").where("run_id", "=", run);
    const rows = await parts.where("tenant_id", "in", tenants).orderBy("tenant_id").execute();
    return rows.map(({ tenant_id }) => tenant_id);
  });
}

export interface PartView extends Omit<Run, "scope"> {
  readonly cutoff: Date | null;
  readonly rows: number;
  readonly problem: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** A run as its tenant sees it. Error: `not-found`, also for a run without a part of this tenant. */
export async function viewRun(db: Database, tenant: string, run: string): Promise<PartView> {
  const found = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("retention_part as part")
      .innerJoin("retention_run as run", "run.id", "part.run_id")
      .select(["run.id", "run.kind", "run.as_of as asOf", "run.state", "part.cutoff", "part.row_count as rows"])
      .select(["part.problem", "run.created_at as createdAt", "run.finished_at as finishedAt"])
      .where("part.tenant_id", "=", tenant)
      .where("part.run_id", "=", run)
      .executeTakeFirst(),
  );
  if (!found) throw new KontorError("not-found", "There is no such run of this tenant");
  return found;
}
