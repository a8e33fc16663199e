import { type RawBuilder, sql, type Transaction } from "kysely";
import { z } from "zod";
import type { Database } from "../platform/postgres.ts";
import type { PartitionedTable } from "./catalogue.ts";
import type { Instant } from "./core-evidence.ts";
import type { Partition, Remainder } from "./core-plan.ts";
import { instantText } from "./store-evidence.ts";
import type { Tables } from "./tables.ts";

/** The rows of a partitioned table: what its partitions are, deletion in batches, and how old the oldest row is. */

/** A row that goes: its place in the order of deletion, when it began, and the texts that are hashed. */
export interface GoneRow {
  readonly key: readonly string[];
  readonly start: Instant;
  readonly hashed: readonly string[];
}

const list = (columns: readonly string[]): RawBuilder<unknown> => sql.join(columns.map((column) => sql.ref(column)));
const texts = (columns: readonly string[]): RawBuilder<string[]> =>
  sql`array[${sql.join(columns.map((column) => sql`${sql.ref(column)}::text`))}]`;

/** What every query of going rows gives. */
export const goneColumns = (table: PartitionedTable): RawBuilder<unknown> =>
  sql`${texts(table.key)} as key, ${instantText(sql.ref(table.start))} as start, ${texts(table.hashed)} as hashed`;

export const goneRow = z.object({ key: z.array(z.string()), start: z.string(), hashed: z.array(z.string()) });

/** The condition "behind this key in the order of `columns`", or none for the first batch. */
export const behind = (columns: readonly string[], key: readonly string[] | undefined): RawBuilder<unknown> =>
  key ? sql`and (${list(columns)}) > (${sql.join(key)})` : sql``;

/** Gives up after this long when another transaction holds what it needs. */
const LOCK_MS = 1_000;

/** Deletes up to `limit` rows of a tenant behind `after`, in the order of the key. Waits 1 s for a lock at most (55P03). */
export async function deleteRows(
  trx: Transaction<Tables>,
  table: PartitionedTable,
  tenant: string,
  { from, to }: Remainder,
  after: readonly string[] | undefined,
  limit: number,
): Promise<GoneRow[]> {
  await sql`select set_config('lock_timeout', ${String(LOCK_MS)}, true)`.execute(trx);
  const name = sql.table(table.name);
  const start = sql.ref(table.start);
  const rows = sql`${sql.ref(table.tenant)} = ${tenant} and ${start} >= ${from} and ${start} < ${to}`;
  // The conditions stand in both parts: each prunes the partitions it reads.
  const { rows: gone } = await sql`
    with going as materialized (
      select ${list(table.key)}, ${start} from ${name} where ${rows} ${behind(table.key, after)}
      order by ${list(table.key)} limit ${limit}
    ), gone as (
      delete from ${name} where ${rows} and (${list([...table.key, table.start])}) in (select * from going)
      returning *
    )
    select ${goneColumns(table)} from gone order by ${list(table.key)}`.execute(trx);
  return z.array(goneRow).parse(gone);
}

/** Whether a tenant has rows that began before the cutoff. */
export async function anyRowBefore(
  trx: Transaction<Tables>,
  table: PartitionedTable,
  tenant: string,
  cutoff: Date,
): Promise<boolean> {
  const { rows } = await sql`
    select from ${sql.table(table.name)}
    where ${sql.ref(table.tenant)} = ${tenant} and ${sql.ref(table.start)} < ${cutoff} limit 1`.execute(trx);
  return rows.length > 0;
}

const partitionRow = z.object({
  name: z.string(),
  from: z.date(),
  to: z.date(),
  state: z.enum(["attached", "leaving", "detached"]),
});

/**
 * All partitions of a table, also those that a run which was cut short left: half detached, or detached and known by
 * name only. The bounds of attached ones are read from the database, of detached ones from their name.
 */
export async function partitionsOf(db: Database, table: PartitionedTable): Promise<Partition[]> {
  const { rows } = await sql`
    with parent as (select oid, relnamespace from pg_class where oid = to_regclass(${table.name}))
    select c.relname as name, case when i.inhdetachpending then 'leaving' else 'attached' end as state,
      (regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$FROM [(]'([^']+)'[)]$re$))[1]::timestamptz as from,
      (regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$TO [(]'([^']+)'[)]$re$))[1]::timestamptz as to
    from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = (select oid from parent)
    union all
    select c.relname, 'detached', day at time zone 'UTC', (day + interval '1 day') at time zone 'UTC'
    from pg_class c join parent on parent.relnamespace = c.relnamespace,
      lateral (
        select case when c.relname ~ ${`^${table.partitionPrefix}[0-9]{8}$`}
          then to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp end as day
      ) days
    where c.relkind = 'r' and day is not null
      and not exists (select from pg_inherits i where i.inhrelid = c.oid)
    order by 1`.execute(db.common<Tables>());
  return z.array(partitionRow).parse(rows);
}

/** When the oldest row of these tenants began; undefined when there is none. Looks into as few partitions as it can. */
export async function oldestRow(
  db: Database,
  table: PartitionedTable,
  tenants: readonly string[],
): Promise<Date | undefined> {
  const start = sql.ref(table.start);
  const partitions = (await partitionsOf(db, table)).filter(({ state }) => state === "attached");
  for (const { from, to } of partitions.sort((a, b) => a.from.getTime() - b.from.getTime())) {
    const { rows } = await db.withTenants([...tenants], (trx: Transaction<Tables>) =>
      sql`select min(${start}) as oldest from ${sql.table(table.name)}
        where ${sql.ref(table.tenant)} = any(${[...tenants]}) and ${start} >= ${from} and ${start} < ${to}`.execute(
        trx,
      ),
    );
    const oldest = z.array(z.object({ oldest: z.date().nullable() })).parse(rows)[0]?.oldest;
    if (oldest) return oldest;
  }
  return undefined;
}
