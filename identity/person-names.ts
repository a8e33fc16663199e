import type { Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";

interface Tables {
  person: { tenant_id: string; localpart: string; name: string };
}

/** The names of a tenant's people by local part; who is unknown is not in it. */
export async function personNames(
  db: Database,
  tenant: string,
  localparts: readonly string[],
): Promise<Map<string, string>> {
  if (localparts.length === 0) return new Map();
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("person")
      .select(["localpart", "name"])
      .where("tenant_id", "=", tenant)
      .where("localpart", "in", localparts)
      .execute(),
  );
  return new Map(rows.map(({ localpart, name }) => [localpart, name]));
}
