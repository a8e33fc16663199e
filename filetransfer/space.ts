/** What a tenant's files take up, and whether more fits (its quota `storageBytes`). */
import { sql, type Transaction } from "kysely";
import { effectiveQuotas, ownQuotas, type Quotas, requireWithin } from "../identity/core-quota.ts";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import type { Tables } from "./tables.ts";

interface WithTenant extends Tables {
  tenant: { id: string; quotas: unknown };
}

/** Bytes of a tenant's files, stored or promised by a slot. One row is read, however many files there are. */
export async function countBytes(db: Database, tenant: string): Promise<number> {
  const row = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx.selectFrom("file_usage").select("bytes").where("tenant_id", "=", tenant).executeTakeFirst(),
  );
  return row?.bytes ?? 0;
}

/**
 * Makes sure that `adding` bytes more fit, in the caller's transaction. Throws `too-large` with `maxBytes` when the file
 * never can, else `quota-reached`, with `retryAfterSeconds` when slots that are not used until then give enough back.
 */
export async function requireSpace(
  transaction: Transaction<Tables>,
  file: { readonly tenant: string; readonly id: string; readonly size: number },
  adding: number,
  now: number,
  defaults: Quotas,
): Promise<void> {
  const { tenant, id, size } = file;
  // The table of tenants is identity's; its quotas are read here with the sum in one round trip.
  const trx = transaction as unknown as Transaction<WithTenant>;
  const found = await trx
    .selectFrom("tenant")
    .leftJoin("file_usage", "file_usage.tenant_id", "tenant.id")
    .select(["tenant.quotas", "file_usage.bytes"])
    .where("tenant.id", "=", tenant)
    .executeTakeFirst();
  if (!found) throw new KontorError("not-found", "There is no such tenant");
  const limit = effectiveQuotas(ownQuotas.parse(found.quotas), defaults).storageBytes;
  const used = found.bytes ?? 0;
  if (used + adding <= limit) return;
  if (size > limit) {
    throw new KontorError("too-large", `The file is larger than the tenant's quota storageBytes of ${limit}`, {
      maxBytes: limit,
    });
  }
  const slots = await openSlots(trx, tenant, id, new Date(now));
  const retry =
    slots.until !== null && used + adding - slots.lapsed - slots.open <= limit
      ? { retryAfterSeconds: Math.max(1, Math.ceil((slots.until.getTime() - now) / 1_000)) }
      : {};
  requireWithin(limit, "storageBytes", used - slots.lapsed, adding, retry);
}

/** The slots besides `id`: bytes of those whose time is over (the sweep is late), of open ones, and when the first ends. */
function openSlots(trx: Transaction<WithTenant>, tenant: string, id: string, now: Date) {
  return trx
    .selectFrom("file")
    .select([
      sql<number>`coalesce(sum(size) filter (where upload_until < ${now}), 0)::bigint`.as("lapsed"),
      sql<number>`coalesce(sum(size) filter (where upload_until >= ${now}), 0)::bigint`.as("open"),
      sql<Date | null>`min(upload_until) filter (where upload_until >= ${now})`.as("until"),
    ])
    .where("tenant_id", "=", tenant)
    .where("state", "=", "slot")
    .where("id", "<>", id)
    .executeTakeFirstOrThrow();
}
