/** What a tenant may use at most. Pure. */
import { z } from "zod";
import { type ErrorCode, KontorError } from "../platform/errors.ts";

const quotaNames = ["people", "rooms", "storageBytes", "links", "messagesPerMinute"] as const;
export type QuotaName = (typeof quotaNames)[number];
/** The limits that hold for a tenant. */
export type Quotas = Readonly<Record<QuotaName, number>>;

const limit = (most: number) => z.int().min(0).max(most).optional();

/** A tenant's own limits; where one is absent, the installation's holds. */
export const ownQuotas = z.strictObject({
  people: limit(1_000_000).describe("Accounts that are not deleted."),
  rooms: limit(1_000_000).describe("Rooms."),
  storageBytes: limit(Number.MAX_SAFE_INTEGER).describe("Bytes of stored files and of promised uploads."),
  links: limit(100_000).describe("Links into other messengers."),
  messagesPerMinute: limit(10_000_000).describe("Messages into rooms within any minute."),
});
export type OwnQuotas = Readonly<z.infer<typeof ownQuotas>>;

/** The limits that hold: a tenant's own before the installation's (the section `quotas` of the settings). */
export function effectiveQuotas(own: OwnQuotas, defaults: Quotas): Quotas {
  return { ...defaults, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) };
}

/**
 * What a quota's refusal is. Administrators meet the first two over REST: a rule of the tenant forbids it (403). The
 * others are met by clients: `resource-constraint` of type wait (RFC 6120 8.3.3.18), as XEP-0363 6 has it for uploads.
 * `not-allowed` (XEP-0045 10.1.1) would say that this person may make no rooms, now or later; but the quota is of all,
 * and whatever is freed can be used again.
 */
const refusals: Readonly<Record<Exclude<QuotaName, "messagesPerMinute">, ErrorCode>> = {
  people: "policy-violation",
  links: "policy-violation",
  rooms: "quota-reached",
  storageBytes: "quota-reached",
};
/** Quotas of what stays until it is removed. */
export type StockQuota = keyof typeof refusals;

/** Throws the quota's refusal with its name, its limit and what is used, when `adding` more would go beyond it. `extra`: more to say. */
export function requireWithin(
  limit: number,
  name: StockQuota,
  used: number,
  adding: number,
  extra: Readonly<Record<string, number>> = {},
): void {
  if (used + adding <= limit) return;
  throw new KontorError(
    refusals[name],
    `The quota ${name} of ${limit} is reached (${used} in use, ${adding} more asked for): free some, or have it raised`,
    { quota: name, limit, used, ...extra },
  );
}
