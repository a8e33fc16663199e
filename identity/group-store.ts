import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { versionTag } from "../platform/http.ts";
import { type Actor, audit } from "./audit.ts";
import { tellDirectory } from "./directory-events.ts";
import type { PeopleDeps, PersonTables } from "./person-tables.ts";

type Trx = Transaction<PersonTables>;
type Deps = Pick<PeopleDeps, "db" | "clock" | "newId" | "redis" | "log">;

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly roster: boolean;
  readonly version: number;
  readonly members: number;
}

const MAX_GROUPS = 1_000;

const shownGroups = (trx: Trx, tenant: string) =>
  trx
    .selectFrom("person_group as g")
    .select(["g.id", "g.name", "g.roster", "g.version"])
    .select(
      sql<number>`(select count(*) from group_member m where m.tenant_id = g.tenant_id and m.group_id = g.id)`.as(
        "members",
      ),
    )
    .where("g.tenant_id", "=", tenant);

/** All groups of a tenant by name: there are a thousand at most. */
export function listGroups({ db }: Pick<Deps, "db">, tenant: string): Promise<Group[]> {
  return db.withTenants([tenant], (trx: Trx) => shownGroups(trx, tenant).orderBy("g.name").limit(MAX_GROUPS).execute());
}

export async function readGroup({ db }: Pick<Deps, "db">, tenant: string, id: string): Promise<Group> {
  const found = await db.withTenants([tenant], (trx: Trx) =>
    shownGroups(trx, tenant).where("g.id", "=", id).executeTakeFirst(),
  );
  if (!found) throw new KontorError("not-found", "There is no such group");
  return found;
}

/** Throws `conflict` for a name that is taken, `too-many` beyond a thousand groups. */
export async function createGroup(
  deps: Deps,
  tenant: string,
  group: { name: string; roster: boolean },
  actor: Actor,
): Promise<string> {
  const now = new Date(deps.clock());
  const made = await deps.db.withTenants([tenant], async (trx: Trx) => {
    const known = await trx.selectFrom("tenant").select("id").where("id", "=", tenant).executeTakeFirst();
    if (!known) throw new KontorError("not-found", "There is no such tenant");
    const { count } = await trx
      .selectFrom("person_group")
      .select(sql<number>`count(*)`.as("count"))
      .where("tenant_id", "=", tenant)
      .executeTakeFirstOrThrow();
    if (count >= MAX_GROUPS) throw new KontorError("too-many", `A tenant has ${MAX_GROUPS} groups at most`);
    const id = deps.newId();
    const added = await trx
      .insertInto("person_group")
      .values({ tenant_id: tenant, id, ...group, created_at: now })
      .onConflict((conflict) => conflict.columns(["tenant_id", "name"]).doNothing())
      .returning("id")
      .executeTakeFirst();
    if (!added) throw taken(group.name);
    await audit(trx, actor, { tenant, action: "group:create", object: `group/${id}`, after: group }, now, deps.newId);
    return id;
  });
  await tellDirectory(deps, tenant);
  return made;
}

export function changeGroup(
  deps: Deps,
  tenant: string,
  id: string,
  to: { name: string; roster: boolean; ifMatch: (current: string) => void },
  actor: Actor,
): Promise<void> {
  return changing(deps, tenant, id, actor, "group:change", async (trx, group) => {
    to.ifMatch(versionTag(group.version));
    const after = { name: to.name, roster: to.roster };
    const other = await trx
      .selectFrom("person_group")
      .select("id")
      .where("tenant_id", "=", tenant)
      .where("name", "=", to.name)
      .where("id", "<>", id)
      .executeTakeFirst();
    if (other) throw taken(to.name);
    await trx
      .updateTable("person_group")
      .set((eb) => ({ ...after, version: eb("version", "+", 1) }))
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .execute();
    return { before: { name: group.name, roster: group.roster }, after };
  });
}

export function deleteGroup(deps: Deps, tenant: string, id: string, actor: Actor): Promise<void> {
  return changing(deps, tenant, id, actor, "group:delete", async (trx, group) => {
    await trx.deleteFrom("person_group").where("tenant_id", "=", tenant).where("id", "=", id).execute();
    return { before: { name: group.name, roster: group.roster }, after: null };
  });
}

const taken = (name: string) => new KontorError("conflict", `There is a group '${name}' already`);

/** Locks a group, has it changed and writes the audit entry. */
async function changing(
  deps: Deps,
  tenant: string,
  id: string,
  actor: Actor,
  action: string,
  work: (
    trx: Trx,
    group: { name: string; roster: boolean; version: number },
  ) => Promise<{ before: unknown; after: unknown }>,
): Promise<void> {
  await deps.db.withTenants([tenant], async (trx: Trx) => {
    const group = await trx
      .selectFrom("person_group")
      .select(["name", "roster", "version"])
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .forUpdate()
      .executeTakeFirst();
    if (!group) throw new KontorError("not-found", "There is no such group");
    const change = { tenant, action, object: `group/${id}`, ...(await work(trx, group)) };
    await audit(trx, actor, change, new Date(deps.clock()), deps.newId);
  });
  await tellDirectory(deps, tenant);
}
