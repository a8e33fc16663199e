/** What a tenant may use at most. Pure. */
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";

const quotaNames = ["people", "rooms", "storageBytes", "links", "messagesPerMinute"] as const;
export type QuotaName = (typeof quotaNames)[number];
/** The limits that hold for a tenant. */
export type Quotas = Readonly<Record<QuotaName, number>>;

const limit = (most: number) => z.int().min(0).max(most).optional();

/** A tenant's own limits; where one is absent, the installation's holds. */
export const ownQuotas = z.strictObject({
  people: limit(1_000_000).describe("Accounts that are not deleted."),
  rooms: limit(1_000_000).describe("Rooms."),
  storageBytes: limit(Number.MAX_SAFE_INTEGER).describe("Bytes of stored files."),
  links: limit(100_000).describe("Links into other messengers."),
  messagesPerMinute: limit(10_000_000).describe("Messages into rooms in a minute."),
});
export type OwnQuotas = Readonly<z.infer<typeof ownQuotas>>;

/** What holds where nothing was agreed with a tenant. */
export const installationQuotas: Quotas = {
  people: 1_000,
  rooms: 500,
  storageBytes: 100 * 1024 ** 3,
  links: 50,
  messagesPerMinute: 6_000,
};

/** The limits that hold: a tenant's own before the installation's. */
export function effectiveQuotas(own: OwnQuotas, defaults: Quotas = installationQuotas): Quotas {
  return { ...defaults, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) };
}

/** Throws `policy-violation` with the quota, its limit and what is used, when `adding` more would go beyond it. */
export function requireWithin(quotas: Quotas, name: QuotaName, used: number, adding: number): void {
  const limit = quotas[name];
  if (used + adding <= limit) return;
  throw new KontorError(
    "policy-violation",
    `The quota ${name} of ${limit} is reached (${used} in use, ${adding} more asked for): free some, or have it raised`,
    { quota: name, limit, used },
  );
}
