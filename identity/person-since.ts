import type { Transaction } from "kysely";

interface Tables {
  person: { tenant_id: string; localpart: string; created_at: Date };
}

/**
 * Since when somebody has this local part: what was said by it before is somebody else's. Undefined where no person has
 * it.
 */
export async function personSince<T>(
  transaction: Transaction<T>,
  tenant: string,
  localpart: string,
): Promise<Date | undefined> {
  // The caller's transaction knows its own tables; here only ours matter.
  const trx = transaction as unknown as Transaction<Tables>;
  const row = await trx
    .selectFrom("person")
    .select("created_at")
    .where("tenant_id", "=", tenant)
    .where("localpart", "=", localpart)
    .executeTakeFirst();
  return row?.created_at;
}
