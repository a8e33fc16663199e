import { sql, type Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import type { Tables } from "./tables.ts";

/** So long bridges and a next owner process may come for what they have not seen yet. */
const FOLLOWED_MS = 15 * 60_000;
const BATCH = 5_000;

/** Deletes what was said and is not to be kept, in batches so that commits do not wait long. */
export async function purgeLog(db: Database, tenant: string, now: Date): Promise<number> {
  const before = new Date(now.getTime() - FOLLOWED_MS);
  for (let gone = 0; ; ) {
    const { numAffectedRows = 0n } = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
      sql`
        delete from room_log using (
          select room_id, seq, at from room_log where tenant_id = ${tenant} and at < ${before} limit ${BATCH}) as old
        where room_log.tenant_id = ${tenant} and room_log.room_id = old.room_id and room_log.seq = old.seq
          and room_log.at = old.at`.execute(trx),
    );
    gone += Number(numAffectedRows);
    if (numAffectedRows < BATCH) return gone;
  }
}
