/** Figures of days in the database: peak of people there at once, and people there at all. */
import { sql, type Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import { ZONE } from "./core-day.ts";
import type { PresenceTables } from "./tables.ts";

export interface DayUsage {
  /** YYYY-MM-DD, of Europe/Berlin. */
  readonly day: string;
  readonly peak: number;
  readonly active: number;
}

type Trx = Transaction<PresenceTables>;

/** Raises the figures of a day; they never fall, whatever was forgotten meanwhile. */
export const raiseUsage = (db: Database, tenant: string, { day, peak, active }: DayUsage): Promise<void> =>
  db.withTenants([tenant], async (trx: Trx) => {
    await sql`
      insert into presence_usage as known (tenant_id, day, peak, active) values (${tenant}, ${day}, ${peak}, ${active})
      on conflict (tenant_id, day) do update
        set peak = greatest(known.peak, excluded.peak), active = greatest(known.active, excluded.active)
        where known.peak < excluded.peak or known.active < excluded.active`.execute(trx);
  });

/** The days from `from` to `to`, both included, that have figures; the oldest first. */
export const readUsage = (db: Database, tenant: string, from: string, to: string): Promise<DayUsage[]> =>
  db.withTenants([tenant], (trx: Trx) =>
    trx
      .selectFrom("presence_usage")
      .select([sql<string>`day::text`.as("day"), "peak", "active"])
      .where("tenant_id", "=", tenant)
      .where("day", ">=", sql<Date>`${from}::date`)
      .where("day", "<=", sql<Date>`${to}::date`)
      .orderBy("day")
      .execute(),
  );

/** What retention carries out on them. */
export function presenceUsageDeletion(db: Database) {
  return {
    kind: "presence-usage",
    deleteBefore: (tenant: string, cutoff: Date, limit: number) =>
      db.withTenants([tenant], async (trx: Trx) => {
        const { rows } = await sql<{ start: Date; day: string; peak: number; active: number }>`
          delete from presence_usage where tenant_id = ${tenant} and day in (
            select day from presence_usage
            where tenant_id = ${tenant} and day::timestamp at time zone ${ZONE} < ${cutoff}
            order by day limit ${limit})
          returning day::timestamp at time zone ${ZONE} as start, day::text as day, peak, active`.execute(trx);
        return rows
          .sort((one, other) => one.start.getTime() - other.start.getTime())
          .map(({ start, day, peak, active }) => ({ start, hashed: [day, String(peak), String(active)] }));
      }),
    oldest: async (tenants: readonly string[]): Promise<Date | undefined> => {
      const { rows } = await db.withTenants(tenants, (trx: Trx) =>
        sql<{ oldest: Date | null }>`
          select min(first) at time zone ${ZONE} as oldest from unnest(${tenants}::text[]) as one (tenant), lateral (
            select min(day)::timestamp as first from presence_usage where tenant_id = one.tenant) as begin`.execute(
          trx,
        ),
      );
      return rows[0]?.oldest ?? undefined;
    },
  };
}
