import { type SqlBool, sql } from "kysely";
import type { Sorting } from "../platform/http-query.ts";
import { startingWith } from "../platform/http-query.ts";
import type { Database } from "../platform/postgres.ts";
import { INSTALLATION } from "./audit.ts";
import type { Role } from "./permissions.ts";
import type { PersonStatus } from "./person-tables.ts";

/** Who holds which role in a tenant. */

export interface RoleHolder {
  readonly person: string;
  readonly localpart: string;
  readonly name: string;
  readonly status: PersonStatus;
  readonly role: Role;
  readonly scope: string | null;
  readonly reason: string | null;
  /** Name of who gave it; null where it is not known any more. */
  readonly granted_by: string | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
}

export interface RoleHoldersQuery {
  /** Part of local part or name. */
  readonly text?: string | undefined;
  readonly role?: Role | undefined;
  readonly sort: Sorting<"name" | "role">;
  /** Sort key, person, role and scope of the last one seen. */
  readonly after?: readonly [string, string, string, string] | undefined;
  readonly limit: number;
}

/** The scope of a grant as a text that sorts. */
export const scopeText = (scope: string | null): string => scope ?? "*";

/**
 * One page of the roles that people of a tenant hold now, with one more than `limit` when there are more. That
 * everybody is a user is said only where it is asked for.
 */
export async function listRoleHolders(
  db: Database,
  tenant: string,
  { text, role, sort, after, limit }: RoleHoldersQuery,
  now: Date,
): Promise<RoleHolder[]> {
  const key = sql.ref(sort.by === "name" ? "p.name" : "g.role");
  const way = sql.raw(sort.descending ? "desc" : "asc");
  const wanted: ReturnType<typeof sql<SqlBool>>[] = [
    role === undefined ? sql<SqlBool>`g.role <> 'user'` : sql<SqlBool>`g.role = ${role}`,
  ];
  if (text !== undefined) {
    const like = startingWith(text, true);
    wanted.push(sql<SqlBool>`(p.localpart ilike ${like} or p.name ilike ${like})`);
  }
  if (after) {
    const [value, person, of, scope] = after;
    wanted.push(sql<SqlBool>`(${key}, p.id, g.role, coalesce(g.scope, '*'))
      ${sql.raw(sort.descending ? "<" : ">")} (${value}, ${person}::uuid, ${of}, ${scope})`);
  }
  const { rows } = await db.withTenants([tenant, INSTALLATION], (trx) =>
    sql<RoleHolder>`
      select p.id as person, p.localpart, p.name, p.status, g.role, g.scope, g.reason, g.created_at, g.expires_at,
        coalesce(
          (select a.name from actor a where a.tenant_id = ${tenant} and a.who = g.granted_by),
          (select a.name from actor a where a.tenant_id = ${INSTALLATION} and a.who = g.granted_by)
        ) as granted_by
      from role_grant g join person p on p.tenant_id = g.tenant_id and p.id = g.person_id
      where g.tenant_id = ${tenant} and p.status <> 'deleted' and (g.expires_at is null or g.expires_at > ${now})
        and ${sql.join(wanted, sql` and `)}
      order by ${key} ${way}, p.id ${way}, g.role ${way}, coalesce(g.scope, '*') ${way}
      limit ${limit + 1}`.execute(trx),
  );
  return rows;
}
