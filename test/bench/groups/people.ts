/** Thousands of people of a tenant and a group of them, as the database has them after an import. */
import { sql } from "kysely";
import { newId } from "../../../platform/ids.ts";
import type { Database } from "../../../platform/postgres.ts";

/** Active people `bench-0` and so on. */
export async function addPeople(owner: Database, tenant: string, count: number): Promise<void> {
  await sql`
    insert into person (tenant_id, id, localpart, name, roles, status, account, created_at, updated_at)
    select ${tenant}, gen_random_uuid(), 'bench-' || n, 'Person Nummer ' || n, '{user}', 'active', 'present', now(), now()
    from generate_series(0, ${count - 1}) n`.execute(owner.common());
}

/** A group of all of them, in one transaction. Gives its id. The database knows its tables, as a minute later by itself. */
export async function addGroup(owner: Database, tenant: string, name: string): Promise<string> {
  const id = newId();
  await owner
    .common()
    .transaction()
    .execute(async (trx) => {
      await sql`insert into person_group (tenant_id, id, name, roster, created_at)
      values (${tenant}, ${id}, ${name}, true, now())`.execute(trx);
      await sql`insert into group_member (tenant_id, group_id, person_id)
      select tenant_id, ${id}, id from person where tenant_id = ${tenant} and localpart like 'bench-%'`.execute(trx);
    });
  await sql`analyze person, person_group, group_member`.execute(owner.common());
  return id;
}

export const removeGroup = (owner: Database, tenant: string, id: string) =>
  sql`delete from person_group where tenant_id = ${tenant} and id = ${id}`.execute(owner.common());

export const renamePerson = (owner: Database, tenant: string, localpart: string, name: string) =>
  sql`update person set name = ${name} where tenant_id = ${tenant} and localpart = ${localpart}`.execute(
    owner.common(),
  );
