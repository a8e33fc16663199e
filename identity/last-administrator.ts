import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { PersonRef } from "./access.ts";

interface AdministratorTables {
  person: { tenant_id: string; id: string; status: string };
  role_grant: {
    tenant_id: string;
    person_id: string;
    role: string;
    scope: string | null;
    expires_at: Date | null;
  };
}

/**
 * Throws `conflict` when a tenant would be left without an administrator who is active and holds the role for good once
 * this person no longer does. The tenant's grants of the role stay locked until the transaction ends: of two that leave
 * at once, the second sees that the first has left. Call it before the change, in its transaction.
 */
export async function requireOtherAdministrator<T>(
  transaction: Transaction<T>,
  { tenant, id }: PersonRef,
  now: Date,
): Promise<void> {
  // The caller's transaction knows its own tables; here only ours matter.
  const trx = transaction as unknown as Transaction<AdministratorTables>;
  const holders = await trx
    .selectFrom("role_grant")
    .select(["person_id", "expires_at"])
    .where("tenant_id", "=", tenant)
    .where("scope", "=", tenant)
    .where("role", "=", "tenant-administrator")
    .where(({ or, eb }) => or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
    .orderBy("person_id")
    .forUpdate()
    .execute();
  // A statement of its own: what another transaction has changed while this one waited for the lock is seen.
  const { rows } = await sql<{ id: string }>`
    select id from person where tenant_id = ${tenant} and status = 'active'
      and id = any(${holders.map(({ person_id }) => person_id)}::uuid[])`.execute(trx);
  const active = new Set(rows.map((row) => row.id));
  if (!active.has(id)) return;
  if (holders.some(({ person_id, expires_at }) => person_id !== id && expires_at === null && active.has(person_id)))
    return;
  throw new KontorError(
    "conflict",
    "This is the last administrator of the tenant: give the role to somebody else for good first",
    { reason: "last-administrator" },
  );
}
