/** Absences that are over: every read hides them, retention deletes them. */
import { sql, type Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";

const KIND = "out-of-office";

/** What retention carries out on them. What else the person has set stays. */
export function absenceDeletion(db: Database) {
  return {
    kind: KIND,
    /** What is told of each is its end: nothing that names a person. */
    deleteBefore: (tenant: string, cutoff: Date, limit: number) =>
      db.withTenants([tenant], async (trx: Transaction<unknown>) => {
        const { rows } = await sql<{ until: Date; text: string }>`
          with over as (
            select person_id, away_until as until from person_presence
            where tenant_id = ${tenant} and away_until < ${cutoff}
            order by away_until, person_id limit ${limit} for update
          ), gone as (
            update person_presence as p set away_until = null, away_text = null from over
            where p.tenant_id = ${tenant} and p.person_id = over.person_id
            returning over.until
          )
          select until, until::text as text from gone order by until`.execute(trx);
        return rows.map(({ until, text }) => ({ start: until, hashed: [text] }));
      }),
    oldest: async (tenants: readonly string[]): Promise<Date | undefined> => {
      const { rows } = await db.withTenants(tenants, (trx: Transaction<unknown>) =>
        sql<{ oldest: Date | null }>`
          select min(first) as oldest from unnest(${tenants}::text[]) as one (tenant), lateral (
            select min(away_until) as first from person_presence
            where tenant_id = one.tenant and away_until < now()) as begin`.execute(trx),
      );
      return rows[0]?.oldest ?? undefined;
    },
  };
}
