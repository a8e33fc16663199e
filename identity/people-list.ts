import { type ExpressionBuilder, sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { startingWith } from "../platform/http.ts";
import type { Sorting } from "../platform/http-query.ts";
import type { Database } from "../platform/postgres.ts";
import type { AccountState, PersonStatus, PersonTables } from "./person-tables.ts";

/** People as the administration sees them: with roles and with how the XMPP server stands. */

export interface PersonRow {
  readonly id: string;
  readonly localpart: string;
  readonly name: string;
  readonly email: string | null;
  readonly status: PersonStatus;
  readonly account: AccountState;
  /** Why the XMPP server has not taken the account as it should be, while it has not. */
  readonly problem: string | null;
  readonly roles: string[];
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface PeopleQuery {
  /** Part of local part, name or e-mail. */
  readonly text?: string | undefined;
  readonly status?: PersonStatus | undefined;
  readonly role?: string | undefined;
  readonly group?: string | undefined;
  readonly sort: Sorting<"localpart" | "name">;
  /** Sort key and id of the last one seen. */
  readonly after?: readonly [string, string] | undefined;
  readonly limit: number;
}

/** One page of people, with one more than `limit` when there are more. */
export function listPeople(db: Database, tenant: string, query: PeopleQuery): Promise<PersonRow[]> {
  const { text, status, role, group, sort, after, limit } = query;
  const key = sql.ref(`p.${sort.by}`);
  const way = sort.descending ? "desc" : "asc";
  return db.withTenants([tenant], (trx: Transaction<PersonTables>) => {
    let select = shownPeople(trx, tenant);
    if (text !== undefined) {
      const like = startingWith(text, true);
      select = select.where((eb) =>
        eb.or([eb("p.localpart", "ilike", like), eb("p.name", "ilike", like), eb("p.email", "ilike", like)]),
      );
    }
    if (status) select = select.where("p.status", "=", status);
    if (role)
      select = select.where((eb) => eb.exists(grantsOf(eb, tenant).select("g.role").where("g.role", "=", role)));
    if (group) {
      select = select.where("p.id", "in", (eb) =>
        eb.selectFrom("group_member").select("person_id").where("tenant_id", "=", tenant).where("group_id", "=", group),
      );
    }
    if (after) {
      const [value, id] = after;
      const beyond = sort.descending ? sql`<` : sql`>`;
      select = select.where(sql<boolean>`(${key}, p.id) ${beyond} (${value}, ${id}::uuid)`);
    }
    return select
      .orderBy(key, way)
      .orderBy("p.id", way)
      .limit(limit + 1)
      .execute();
  });
}

export interface PersonWithGroups extends PersonRow {
  readonly groups: { readonly id: string; readonly name: string }[];
}

/** Throws `not-found`. */
export function readPerson(db: Database, tenant: string, id: string): Promise<PersonWithGroups> {
  return db.withTenants([tenant], async (trx: Transaction<PersonTables>) => {
    const found = await shownPeople(trx, tenant).where("p.id", "=", id).executeTakeFirst();
    if (!found) throw new KontorError("not-found", "There is no such person");
    const groups = await trx
      .selectFrom("group_member as m")
      .innerJoin("person_group as g", (join) =>
        join.onRef("g.tenant_id", "=", "m.tenant_id").onRef("g.id", "=", "m.group_id"),
      )
      .select(["g.id", "g.name"])
      .where("m.tenant_id", "=", tenant)
      .where("m.person_id", "=", id)
      .orderBy("g.name")
      .execute();
    return { ...found, groups };
  });
}

type People = PersonTables & { p: PersonTables["person"] };

function grantsOf(eb: ExpressionBuilder<People, "p">, tenant: string) {
  return eb
    .selectFrom("role_grant as g")
    .where("g.tenant_id", "=", tenant)
    .whereRef("g.person_id", "=", "p.id")
    .where((or) => or.or([or("g.expires_at", "is", null), or("g.expires_at", ">", sql<Date>`now()`)]));
}

function shownPeople(trx: Transaction<PersonTables>, tenant: string) {
  return trx
    .selectFrom("person as p")
    .select(["p.id", "p.localpart", "p.name", "p.email", "p.status", "p.account", "p.version"])
    .select(["p.created_at", "p.updated_at"])
    .select((eb) => [
      sql<string[]>`array(${grantsOf(eb, tenant).select("g.role").distinct().orderBy("g.role")})`.as("roles"),
      eb
        .selectFrom("account_task as t")
        .select("t.problem")
        .where("t.tenant_id", "=", tenant)
        .whereRef("t.person_id", "=", "p.id")
        .where("t.problem", "is not", null)
        .orderBy("t.id")
        .limit(1)
        .as("problem"),
    ])
    .where("p.tenant_id", "=", tenant);
}

/** The id of a person by local part; undefined when there is none. */
export async function findPersonId(db: Database, tenant: string, localpart: string): Promise<string | undefined> {
  const found = await db.withTenants([tenant], (trx: Transaction<PersonTables>) =>
    trx
      .selectFrom("person")
      .select("id")
      .where("tenant_id", "=", tenant)
      .where("localpart", "=", localpart)
      .executeTakeFirst(),
  );
  return found?.id;
}
