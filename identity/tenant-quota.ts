import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import {
  effectiveQuotas,
  ownQuotas,
  type QuotaName,
  type Quotas,
  requireWithin,
  type StockQuota,
} from "./core-quota.ts";

interface Tables {
  tenant: { id: string; quotas: unknown; status: string };
  person: { tenant_id: string; id: string; status: string };
}

/** What a tenant uses of a quota now; null when that cannot be told at the moment. */
export type UsageOf = (tenant: string) => Promise<number | null>;
/** The counters of the domains; people are counted here. */
export type DomainUsage = Readonly<Record<Exclude<QuotaName, "people">, UsageOf>>;

/** What is asked for of a quota. */
export interface QuotaWish {
  /** The installation's limits. */
  readonly defaults: Quotas;
  readonly quota: StockQuota;
  readonly adding: number;
  /** Counts what is used, in the same transaction. */
  readonly used: () => Promise<number>;
}

/** The limits that hold for a tenant. Throws `not-found` for one that is not there. */
export async function quotaOf(db: Database, tenant: string, defaults: Quotas): Promise<Quotas> {
  const found = await db
    .common<Tables>()
    .selectFrom("tenant")
    .select("quotas")
    .where("id", "=", tenant)
    .executeTakeFirst();
  if (!found) throw new KontorError("not-found", "There is no such tenant");
  return effectiveQuotas(ownQuotas.parse(found.quotas), defaults);
}

/**
 * Makes sure that `adding` more fit, in the transaction that adds them and before it does; the tenant stays locked until
 * that ends, so that two of them cannot both take the last place. What does not fit is refused before there is a lock:
 * a storm of attempts at a full quota holds up nobody. Throws the refusal of core-quota.ts with quota, limit and use,
 * `not-found` for no tenant and `conflict` for one that is being closed.
 */
export async function checkQuota<T>(transaction: Transaction<T>, tenant: string, wish: QuotaWish): Promise<void> {
  await check(transaction, tenant, wish, false);
  await check(transaction, tenant, wish, true);
}

async function check<T>(
  transaction: Transaction<T>,
  tenant: string,
  { defaults, quota, adding, used }: QuotaWish,
  locked: boolean,
): Promise<void> {
  // The caller's transaction knows its own tables; here only ours matter.
  const trx = transaction as unknown as Transaction<Tables>;
  const found = await trx
    .selectFrom("tenant")
    .select(["quotas", "status"])
    .where("id", "=", tenant)
    .$if(locked, (query) => query.forNoKeyUpdate())
    .executeTakeFirst();
  if (!found) throw new KontorError("not-found", "There is no such tenant");
  if (found.status === "closing" || found.status === "closed") {
    throw new KontorError("conflict", "The tenant is closed: nothing can be added to it");
  }
  requireWithin(effectiveQuotas(ownQuotas.parse(found.quotas), defaults)[quota], quota, await used(), adding);
}

/** As checkQuota for people. */
export async function checkPeople<T>(
  transaction: Transaction<T>,
  tenant: string,
  defaults: Quotas,
  adding = 1,
): Promise<void> {
  await checkQuota(transaction, tenant, {
    ...{ defaults, adding, quota: "people" },
    used: () => countPeople(transaction, tenant),
  });
}

/** People who are not deleted, in a transaction of the tenant. */
export async function countPeople<T>(transaction: Transaction<T>, tenant: string): Promise<number> {
  const { used } = await (transaction as unknown as Transaction<Tables>)
    .selectFrom("person")
    .select(sql<number>`count(*)`.as("used"))
    .where("tenant_id", "=", tenant)
    .where("status", "<>", "deleted")
    .executeTakeFirstOrThrow();
  return used;
}
