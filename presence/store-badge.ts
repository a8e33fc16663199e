/** Whose badge has an address. */
import type { Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import type { DirectoryPage } from "./store-directory.ts";
import { readDirectory } from "./store-directory.ts";
import type { PresenceTables } from "./tables.ts";

export interface BadgeHolder extends DirectoryPage {
  readonly domain: string;
}

/** The active person of a tenant in service that a badge is of, and the tenant's rules; undefined when it is nobody's. */
export async function findBadge(
  db: Database,
  tenant: string,
  badge: string,
  now: Date,
): Promise<BadgeHolder | undefined> {
  const found = await db.withTenants([tenant], (trx: Transaction<PresenceTables>) =>
    trx
      .selectFrom("person_presence as o")
      .innerJoin("person as p", (join) =>
        join.onRef("p.tenant_id", "=", "o.tenant_id").onRef("p.id", "=", "o.person_id"),
      )
      .innerJoin("tenant as t", "t.id", "o.tenant_id")
      .select(["p.localpart", "t.domain"])
      .where("o.tenant_id", "=", tenant)
      .where("o.badge", "=", badge)
      .where("t.status", "=", "active")
      .executeTakeFirst(),
  );
  if (!found) return undefined;
  const page = await readDirectory(db, tenant, { localparts: [found.localpart], limit: 1 }, now);
  return { ...page, domain: found.domain };
}
