import type { Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";

interface Tables {
  person: { tenant_id: string; id: string; localpart: string };
  role_grant: { tenant_id: string; person_id: string; role: string; scope: string | null; expires_at: Date | null };
}

/** The roles that somebody of a tenant holds in it now; none for who is unknown. */
export async function rolesOfPerson(db: Database, tenant: string, localpart: string, now: Date): Promise<string[]> {
  return (await rolesOfPeople(db, tenant, [localpart], now)).get(localpart) ?? [];
}

/** The same of several people, by local part; who holds none is not named. */
export async function rolesOfPeople(
  db: Database,
  tenant: string,
  localparts: readonly string[],
  now: Date,
): Promise<Map<string, string[]>> {
  if (localparts.length === 0) return new Map();
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("person as p")
      .innerJoin("role_grant as g", (join) =>
        join.onRef("g.tenant_id", "=", "p.tenant_id").onRef("g.person_id", "=", "p.id"),
      )
      .select(["p.localpart", "g.role"])
      .where("p.tenant_id", "=", tenant)
      .where("p.localpart", "in", localparts)
      .where("g.scope", "=", tenant)
      .where((eb) => eb.or([eb("g.expires_at", "is", null), eb("g.expires_at", ">", now)]))
      .execute(),
  );
  const found = new Map<string, string[]>();
  for (const { localpart, role } of rows) found.set(localpart, [...(found.get(localpart) ?? []), role]);
  return found;
}
