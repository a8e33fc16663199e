/** Which process owns a tenant's rooms: the higher fence wins, and every change of a room names it. */
import { sql, type Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import { FencedError } from "./commit.ts";
import type { Tables } from "./tables.ts";

/** Makes this process the owner of a tenant's rooms: commits with the fence of an earlier owner are refused from now on. */
export function takeOwnership(db: Database, tenant: string, owner: string): Promise<number> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const row = await trx
      .insertInto("room_owner")
      .values({ tenant_id: tenant, fence: 1, owner })
      .onConflict((conflict) =>
        conflict.column("tenant_id").doUpdateSet({ fence: sql<number>`room_owner.fence + 1`, owner }),
      )
      .returning("fence")
      .executeTakeFirstOrThrow();
    return row.fence;
  });
}

/** The fence that is in force, or undefined before there was an owner. */
export async function currentFence(db: Database, tenant: string): Promise<number | undefined> {
  const row = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx.selectFrom("room_owner").select("fence").where("tenant_id", "=", tenant).executeTakeFirst(),
  );
  return row?.fence;
}

/** Makes sure that this ownership holds until the transaction ends. Throws FencedError when another process owns the rooms. */
export async function holdOwnership(trx: Transaction<Tables>, tenant: string, fence: number): Promise<void> {
  const held = await trx
    .selectFrom("room_owner")
    .select("fence")
    .where("tenant_id", "=", tenant)
    .where("fence", "=", fence)
    .forShare()
    .executeTakeFirst();
  if (!held) throw new FencedError([tenant]);
}
