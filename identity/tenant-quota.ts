import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { effectiveQuotas, ownQuotas, type Quotas, requireWithin } from "./core-quota.ts";

interface Tables {
  tenant: { id: string; quotas: unknown; status: string };
  person: { tenant_id: string; id: string; status: string };
}

/** The limits that hold for a tenant. Throws `not-found` for one that is not there. */
export async function quotaOf(db: Database, tenant: string): Promise<Quotas> {
  const found = await db
    .common<Tables>()
    .selectFrom("tenant")
    .select("quotas")
    .where("id", "=", tenant)
    .executeTakeFirst();
  if (!found) throw new KontorError("not-found", "There is no such tenant");
  return effectiveQuotas(ownQuotas.parse(found.quotas));
}

/**
 * Makes sure that `adding` more people fit, in the transaction that adds them and before it does; the tenant stays locked
 * until that ends, so that two of them cannot both take the last place. Throws `policy-violation` with quota, limit and
 * use, `not-found` for no tenant and `conflict` for one that is being closed.
 */
export async function checkQuota<T>(
  transaction: Transaction<T>,
  tenant: string,
  quota: "people",
  adding = 1,
): Promise<void> {
  // The caller's transaction knows its own tables; here only ours matter.
  const trx = transaction as unknown as Transaction<Tables>;
  const found = await trx
    .selectFrom("tenant")
    .select(["quotas", "status"])
    .where("id", "=", tenant)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!found) throw new KontorError("not-found", "There is no such tenant");
  if (found.status === "closing" || found.status === "closed") {
    throw new KontorError("conflict", "The tenant is closed: nothing can be added to it");
  }
  const { used } = await trx
    .selectFrom("person")
    .select(sql<number>`count(*)`.as("used"))
    .where("tenant_id", "=", tenant)
    .where("status", "<>", "deleted")
    .executeTakeFirstOrThrow();
  requireWithin(effectiveQuotas(ownQuotas.parse(found.quotas)), quota, used, adding);
}
