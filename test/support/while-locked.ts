import { type RawBuilder, sql } from "kysely";
import { eventually } from "./real.ts";
import type { ScratchDatabase } from "./scratch-database.ts";

/** Runs `work` while `lock` holds a row, which is released once `waiting` statements wait for it: a race on demand. */
export async function whileLocked<R>(
  { owner }: ScratchDatabase,
  lock: RawBuilder<unknown>,
  waiting: number,
  work: () => Promise<R>,
): Promise<R> {
  const holding = await owner.withTenants([], async (trx) => {
    await lock.execute(trx);
    const working = work();
    await eventually(async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(owner.common());
      return rows[0]?.count === waiting ? true : undefined;
    }, `${waiting} statements wait`);
    // Wrapped: a promise that is returned as such would be waited for with the lock still held.
    return { working };
  });
  return holding.working;
}
