import { type Kysely, sql } from "kysely";
import { z } from "zod";
import type { Database } from "../platform/postgres.ts";
import type { PartitionedTable, TableKind } from "./catalogue.ts";
import { emptySegment, type Fact, hashRows, type Instant, span } from "./core-evidence.ts";
import type { Partition } from "./core-plan.ts";
import { appendEvidence, instantText } from "./store-evidence.ts";
import { countRows } from "./store-parts.ts";
import { behind, goneColumns, goneRow, partitionsOf } from "./store-rows.ts";
import type { Tables } from "./tables.ts";

/**
 * Partitions that go whole. `owner` is a connection of the schema's owner with a lock timeout: every step gives up
 * (55P03) rather than hold up those who write, and can be taken again from wherever the last try ended.
 */

/** Runs `work` while no other process takes partitions off this table. Waits for a lock as long as `owner` may. */
export async function alone<T>(
  owner: Database,
  table: PartitionedTable,
  work: (session: Kysely<Tables>) => Promise<T>,
): Promise<T> {
  return owner
    .common<Tables>()
    .connection()
    .execute(async (session) => {
      const key = sql`hashtextextended(${`retention of ${table.name}`}, 0)`;
      await sql`select pg_advisory_lock(${key})`.execute(session);
      try {
        return await work(session);
      } finally {
        // A connection that was lost has lost its lock as well.
        await sql`select pg_advisory_unlock(${key})`.execute(session).catch(() => undefined);
      }
    });
}

/** Takes a partition off its table without holding up writers, or ends what an earlier try began. */
export async function detach(
  owner: Database,
  session: Kysely<Tables>,
  table: PartitionedTable,
  name: string,
): Promise<void> {
  const now = (await partitionsOf(owner, table)).find((partition) => partition.name === name);
  if (!now || now.state === "detached") return;
  const how = now.state === "leaving" ? sql`finalize` : sql`concurrently`;
  await sql`alter table ${sql.table(table.name)} detach partition ${sql.table(name)} ${how}`.execute(session);
}

export interface Dropped {
  readonly rows: number;
  /** False: a row in it is not over yet (of a tenant nobody knows any more), so it stays, hidden, for a later run. */
  readonly gone: boolean;
}

const PAGE = 5_000;
const pageRow = goneRow.extend({ tenant: z.string() });

type Counted = Pick<Fact, "rowCount" | "oldest" | "newest"> & { readonly segmentHash: string };

/** Drops a detached partition and writes each tenant's evidence of it, both or neither. Nothing to do if it is gone. */
export async function dropDetached(
  session: Kysely<Tables>,
  kind: TableKind,
  { name }: Partition,
  run: { readonly id: string; readonly now: Date },
  at: Instant,
): Promise<Dropped> {
  return session.transaction().execute(async (trx) => {
    const there = await sql`select where to_regclass(${name}) is not null`.execute(trx);
    if (there.rows.length === 0) return { rows: 0, gone: true };
    await sql`lock table ${sql.table(name)} in access exclusive mode`.execute(trx);
    const counted = await countTenants(trx, kind.table, name);
    const facts: Fact[] = [];
    for (const [tenant, count] of counted) {
      const cutoff = await cutoffText(trx, tenant, kind.name, run.now);
      if (count.newest === null || count.newest >= cutoff) return { rows: 0, gone: false };
      const base = { tenant, class: kind.class, kind: kind.name, cutoff, segment: name, runId: run.id, at };
      facts.push({ ...base, ...count, result: "dropped" });
    }
    await sql`drop table ${sql.table(name)}`.execute(trx);
    for (const fact of facts) {
      await countRows(trx, run.id, fact.tenant, fact.rowCount);
      await appendEvidence(trx, fact);
    }
    return { rows: facts.reduce((sum, { rowCount }) => sum + rowCount, 0), gone: true };
  });
}

/** Reads all rows of a partition in pages: count, span and hash of each tenant's, in the order of tenants. */
async function countTenants(trx: Kysely<Tables>, table: PartitionedTable, name: string): Promise<Map<string, Counted>> {
  const counted = new Map<string, Counted>();
  const order = [table.tenant, ...table.key];
  let after: readonly string[] | undefined;
  for (;;) {
    const { rows } = await sql`
      select ${sql.ref(table.tenant)} as tenant, ${goneColumns(table)} from ${sql.table(name)}
      where true ${behind(order, after)} order by ${sql.join(order.map((column) => sql.ref(column)))} limit ${PAGE}`.execute(
      trx,
    );
    const page = z.array(pageRow).parse(rows);
    for (const { tenant, start, hashed } of page) {
      const sofar = counted.get(tenant);
      const starts = sofar ? [sofar.newest, sofar.oldest, start].filter((each) => each !== null) : [start];
      counted.set(tenant, {
        ...span(starts),
        rowCount: (sofar?.rowCount ?? 0) + 1,
        segmentHash: hashRows(sofar?.segmentHash ?? emptySegment, [hashed]),
      });
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return counted;
    after = [last.tenant, ...last.key];
  }
}

async function cutoffText(trx: Kysely<Tables>, tenant: string, kind: string, now: Date): Promise<Instant> {
  const cutoff = sql`retention_cutoff(${tenant}, ${kind}, ${now})`;
  const { rows } = await sql`select ${instantText(cutoff)} as cutoff`.execute(trx);
  return z.tuple([z.object({ cutoff: z.string() })]).parse(rows)[0].cutoff;
}
