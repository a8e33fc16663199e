import type { Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";

interface Tables {
  person: { tenant_id: string; id: string; localpart: string };
  role_grant: { tenant_id: string; person_id: string; role: string; scope: string | null; expires_at: Date | null };
}

/** The roles that somebody of a tenant holds in it now; none for who is unknown. */
export async function rolesOfPerson(db: Database, tenant: string, localpart: string, now: Date): Promise<string[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("person as p")
      .innerJoin("role_grant as g", (join) =>
        join.onRef("g.tenant_id", "=", "p.tenant_id").onRef("g.person_id", "=", "p.id"),
      )
      .select("g.role")
      .where("p.tenant_id", "=", tenant)
      .where("p.localpart", "=", localpart)
      .where("g.scope", "=", tenant)
      .where((eb) => eb.or([eb("g.expires_at", "is", null), eb("g.expires_at", ">", now)]))
      .execute(),
  );
  return rows.map(({ role }) => role);
}
