import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { cutoffOf } from "./core-period.ts";
import type { State, Tables } from "./tables.ts";

/** A tenant's part of a run. Rows that began before `cutoff` go; planning the part hides them. */
export interface Part {
  readonly tenant: string;
  readonly cutoff: Date;
  readonly state: State;
}

/** What planning needs to know of a run. */
interface Planned {
  readonly id: string;
  readonly kind: string;
  /** The kind whose rules hold. */
  readonly ruledBy: string;
  /** The instant whose cutoffs are carried out. */
  readonly asOf: Date;
}

/**
 * Makes a tenant's part of a run, or finds it: its cutoff is set once, and everything before it is hidden from then on.
 * A cutoff never lies after `now`, so that an `asOf` ahead hides nothing that is still to come.
 */
export async function planPart(db: Database, run: Planned, tenant: string, now: Date): Promise<Part> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    await trx
      .insertInto("retention_part")
      .values({ tenant_id: tenant, run_id: run.id, cutoff: null, state: "waiting", row_count: 0, problem: null })
      .onConflict((conflict) => conflict.columns(["run_id", "tenant_id"]).doNothing())
      .execute();
    const part = await trx
      .selectFrom("retention_part")
      .select(["cutoff", "state"])
      .where("tenant_id", "=", tenant)
      .where("run_id", "=", run.id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (part.cutoff) return { tenant, cutoff: part.cutoff, state: part.state };
    const asked = await currentCutoff(trx, tenant, run);
    const cutoff = asked < now ? asked : now;
    await raiseWatermark(trx, tenant, run.kind, cutoff);
    await trx
      .updateTable("retention_part")
      .set({ cutoff, state: "waiting" })
      .where("tenant_id", "=", tenant)
      .where("run_id", "=", run.id)
      .execute();
    return { tenant, cutoff, state: "waiting" };
  });
}

async function currentCutoff(
  trx: Transaction<Tables>,
  tenant: string,
  { kind, ruledBy, asOf }: Planned,
): Promise<Date> {
  const rules = await trx
    .selectFrom("retention_rule")
    .select(["amount", "unit"])
    .where("kind", "=", ruledBy)
    .where((or) => or.or([or("tenant_id", "is", null), or("tenant_id", "=", tenant)]))
    .execute();
  if (rules.length === 0) throw new KontorError("internal", `There is no retention rule for ${ruledBy}`);
  const hidden = await trx
    .selectFrom("retention_watermark")
    .select("hidden_before")
    .where("tenant_id", "=", tenant)
    .where("kind", "=", kind)
    .executeTakeFirst();
  return cutoffOf(rules, hidden?.hidden_before, asOf);
}

/** Hides from every read what began before `to`. Never falls. */
export async function raiseWatermark(trx: Transaction<Tables>, tenant: string, kind: string, to: Date): Promise<void> {
  await trx
    .insertInto("retention_watermark")
    .values({ tenant_id: tenant, kind, hidden_before: to })
    .onConflict((conflict) =>
      conflict.columns(["tenant_id", "kind"]).doUpdateSet({
        hidden_before: sql`greatest(retention_watermark.hidden_before, excluded.hidden_before)`,
      }),
    )
    .execute();
}

/** Notes how a part stands; `problem` says why it failed. What is done stays done. */
export async function markPart(
  trx: Transaction<Tables>,
  run: string,
  tenant: string,
  state: State,
  problem?: string,
): Promise<void> {
  await trx
    .updateTable("retention_part")
    .set({ state, problem: problem ?? null })
    .where("tenant_id", "=", tenant)
    .where("run_id", "=", run)
    .where("state", "!=", "done")
    .execute();
}

/** Adds deleted rows to the count of a part; in the transaction that deletes them. */
export async function countRows(trx: Transaction<Tables>, run: string, tenant: string, rows: number): Promise<void> {
  await trx
    .updateTable("retention_part")
    .set((part) => ({ row_count: part("row_count", "+", rows) }))
    .where("tenant_id", "=", tenant)
    .where("run_id", "=", run)
    .execute();
}
