import type { Transaction } from "kysely";
import { z } from "zod";
import { type Route, route } from "../platform/http.ts";
import type { Database } from "../platform/postgres.ts";
import type { QuotaName, Quotas } from "./core-quota.ts";
import { countPeople, type DomainUsage, quotaOf, type UsageOf } from "./tenant-quota.ts";

export interface UsageDeps {
  readonly db: Database;
  /** The installation's. */
  readonly quotas: Quotas;
  readonly usage: DomainUsage;
}

const quota = z.object({
  limit: z.int().min(0),
  used: z.int().min(0).nullable().describe("Null while it cannot be told."),
});

/** What a tenant uses of its quotas, over REST. The domains count, each its own. */
export function usageRoutes({ db, quotas, usage }: UsageDeps): Route[] {
  const counters: Readonly<Record<QuotaName, UsageOf>> = {
    people: (tenant) => db.withTenants([tenant], (trx: Transaction<unknown>) => countPeople(trx, tenant)),
    ...usage,
  };
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/usage",
      summary: "What a tenant uses of its quotas, and their limits",
      scope: "tenant:read",
      params: z.object({ tenant: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/) }),
      response: z.object({
        people: quota,
        rooms: quota,
        storageBytes: quota,
        links: quota,
        messagesPerMinute: quota.describe("Used: within the last minute."),
      }),
      handle: async ({ params: { tenant } }) => {
        const limits = await quotaOf(db, tenant, quotas);
        const of = async (name: QuotaName) => ({ limit: limits[name], used: await counters[name](tenant) });
        const [people, rooms, storageBytes, links, messagesPerMinute] = await Promise.all([
          ...([of("people"), of("rooms"), of("storageBytes"), of("links"), of("messagesPerMinute")] as const),
        ]);
        return { people, rooms, storageBytes, links, messagesPerMinute };
      },
    }),
  ];
}
