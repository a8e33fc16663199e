import type { Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { type Actor, audit } from "./audit.ts";
import { tellDirectory } from "./directory-events.ts";
import type { PeopleDeps, PersonTables } from "./person-tables.ts";

/** Who is in which group. A person is locked before a group, always, or two changes could wait for each other. */

type Trx = Transaction<PersonTables>;

/**
 * Adds or takes away a member; who is one already, or none, stays so. The groups belong to what is read and changed of
 * a person, so that the person gets a new version.
 */
export async function setMember(
  deps: Pick<PeopleDeps, "db" | "clock" | "newId" | "redis" | "log">,
  tenant: string,
  group: string,
  person: string,
  member: boolean,
  actor: Actor,
): Promise<void> {
  const now = new Date(deps.clock());
  await deps.db.withTenants([tenant], async (trx: Trx) => {
    const found = await trx
      .selectFrom("person")
      .select("status")
      .where("tenant_id", "=", tenant)
      .where("id", "=", person)
      .forNoKeyUpdate()
      .executeTakeFirst();
    await requireGroups(trx, tenant, [group]);
    if (member && (!found || found.status === "deleted")) throw new KontorError("not-found", "There is no such person");
    if (!(await (member ? add : remove)(trx, tenant, person, [group]))) return;
    await trx
      .updateTable("person")
      .set((eb) => ({ version: eb("version", "+", 1), updated_at: now }))
      .where("tenant_id", "=", tenant)
      .where("id", "=", person)
      .execute();
    const action = member ? "group:add-member" : "group:remove-member";
    const values = { before: member ? null : { member: person }, after: member ? { member: person } : null };
    await audit(trx, actor, { tenant, action, object: `group/${group}`, ...values }, now, deps.newId);
  });
  await tellDirectory(deps, tenant);
}

/** Puts a person, whom the caller has locked, into these groups and no others. Gives the ids before and after. */
export async function setGroups(
  trx: Trx,
  tenant: string,
  person: string,
  groups: readonly string[],
): Promise<{ before: string[]; after: string[] }> {
  const rows = await trx
    .selectFrom("group_member")
    .select("group_id")
    .where("tenant_id", "=", tenant)
    .where("person_id", "=", person)
    .orderBy("group_id")
    .execute();
  const before = rows.map(({ group_id }) => group_id);
  const after = [...new Set(groups)].sort();
  const added = after.filter((id) => !before.includes(id));
  await requireGroups(trx, tenant, added);
  await remove(
    trx,
    tenant,
    person,
    before.filter((id) => !after.includes(id)),
  );
  await add(trx, tenant, person, added);
  return { before, after };
}

/** Whether that changed anything. */
async function add(trx: Trx, tenant: string, person: string, groups: readonly string[]): Promise<boolean> {
  if (groups.length === 0) return false;
  const { numInsertedOrUpdatedRows = 0n } = await trx
    .insertInto("group_member")
    .values(groups.map((group) => ({ tenant_id: tenant, group_id: group, person_id: person })))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

async function remove(trx: Trx, tenant: string, person: string, groups: readonly string[]): Promise<boolean> {
  if (groups.length === 0) return false;
  const { numDeletedRows } = await trx
    .deleteFrom("group_member")
    .where("tenant_id", "=", tenant)
    .where("person_id", "=", person)
    .where("group_id", "in", groups)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Keeps them from being deleted until the transaction ends; throws `not-found`. */
async function requireGroups(trx: Trx, tenant: string, groups: readonly string[]): Promise<void> {
  if (groups.length === 0) return;
  const found = await trx
    .selectFrom("person_group")
    .select("id")
    .where("tenant_id", "=", tenant)
    .where("id", "in", groups)
    .orderBy("id")
    .forKeyShare()
    .execute();
  if (found.length < groups.length) throw new KontorError("not-found", "There is no such group");
}
