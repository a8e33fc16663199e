import type { Redis } from "ioredis";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { onWake } from "../platform/wake.ts";
import { effectiveQuotas, ownQuotas, type Quotas } from "./core-quota.ts";
import { tenantChanged } from "./tenant-events.ts";

/** The limits of all tenants, for whoever asks at each message. */
export interface QuotaWatch {
  /** What holds as last read; the installation's for a tenant that was not read yet. Never waits. */
  of(tenant: string): Quotas;
  stop(): Promise<void>;
}

/** A wake-up may be lost: so often it looks by itself. */
const LOOK_MS = 10_000;

/** Follows the quotas of all tenants; while PostgreSQL is away, what was last read holds. */
export async function watchQuotas(
  redis: Redis,
  log: Log,
  db: Database,
  defaults: Quotas,
  lookMs = LOOK_MS,
): Promise<QuotaWatch> {
  let known = new Map<string, Quotas>();
  let reading: Promise<void> | undefined;
  let again = false;

  const read = async (): Promise<void> => {
    const rows = await db
      .common<{ tenant: { id: string; status: string; quotas: unknown } }>()
      .selectFrom("tenant")
      .select(["id", "quotas"])
      .where("status", "=", "active")
      .execute();
    known = new Map(rows.map(({ id, quotas }) => [id, effectiveQuotas(ownQuotas.parse(quotas), defaults)]));
  };
  const look = (): Promise<void> => {
    // A change during a read may have come too late for it.
    again = reading !== undefined;
    reading ??= read()
      .catch((error: unknown) => log.debug("The quotas could not be read; those last read hold", { error }))
      .finally(() => {
        reading = undefined;
        if (again) void look();
      });
    return reading;
  };

  const deaf = await onWake(redis, tenantChanged, log, () => void look());
  await look();
  const timer = setInterval(() => void look(), lookMs);
  return {
    of: (tenant) => known.get(tenant) ?? defaults,
    stop: async () => {
      clearInterval(timer);
      await deaf();
      await reading;
    },
  };
}
