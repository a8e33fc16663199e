import { type Kysely, type SqlBool, sql, type Transaction } from "kysely";
import type { Clock } from "../platform/clock.ts";
import type { Scope } from "../platform/http.ts";
import type { Database } from "../platform/postgres.ts";
import { type Action, type Grant, may, permissions, type Role } from "./permissions.ts";

/** What a person may do now: read from the database, remembered for a few seconds, forgotten at a wake-up. */

interface AccessTables {
  tenant: { id: string; domain: string; status: string };
  person: { tenant_id: string; id: string; localpart: string; name: string; status: string };
  role_grant: { tenant_id: string; person_id: string; role: Role; scope: string | null; expires_at: Date | null };
}

export interface PersonRef {
  readonly tenant: string;
  readonly id: string;
}

interface HeldGrant extends Grant {
  /** For access that is given for a while only. */
  readonly expiresAt: Date | null;
}

/** A person who may use the service. */
export interface Access {
  readonly person: PersonRef & { readonly localpart: string; readonly name: string };
  readonly grants: readonly HeldGrant[];
}

export interface AccessReader {
  /** Undefined when the person is not active or the tenant not in service. */
  read(person: PersonRef): Promise<Access | undefined>;
  /** Forgets a person, or all people of a tenant. */
  forget(tenant: string, person?: string): void;
}

/** How long a change may go unnoticed when its wake-up is lost. */
const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 10_000;

export function accessReader(db: Database, clock: Clock): AccessReader {
  const remembered = new Map<string, { readonly access: Access | undefined; readonly until: number }>();
  const keyOf = ({ tenant, id }: PersonRef) => `${tenant}/${id}`;
  return {
    read: async (person) => {
      const now = clock();
      const known = remembered.get(keyOf(person));
      if (known && known.until > now) return current(known.access, now);
      const access = await loadAccess(db, person);
      remembered.delete(keyOf(person));
      remembered.set(keyOf(person), { access, until: now + REMEMBERED_MS });
      const [oldest] = remembered.keys();
      if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      return current(access, now);
    },
    forget: (tenant, person) => {
      if (person !== undefined) remembered.delete(keyOf({ tenant, id: person }));
      else for (const key of remembered.keys()) if (key.startsWith(`${tenant}/`)) remembered.delete(key);
    },
  };
}

/** Grants end to the moment, whatever is remembered. */
function current(access: Access | undefined, now: number): Access | undefined {
  if (!access) return undefined;
  return { ...access, grants: access.grants.filter(({ expiresAt }) => expiresAt === null || +expiresAt > now) };
}

async function loadAccess(db: Database, { tenant, id }: PersonRef): Promise<Access | undefined> {
  return db.withTenants([tenant], async (trx: Transaction<AccessTables>) => {
    const person = await trx
      .selectFrom("person")
      .innerJoin("tenant", "tenant.id", "person.tenant_id")
      .select(["person.localpart", "person.name"])
      .where("person.tenant_id", "=", tenant)
      .where(sql<SqlBool>`person.id::text = ${id}`)
      .where("person.status", "=", "active")
      .where("tenant.status", "=", "active")
      .executeTakeFirst();
    if (!person) return undefined;
    const grants = await trx
      .selectFrom("role_grant")
      .select(["role", "scope", "expires_at"])
      .where("tenant_id", "=", tenant)
      .where("person_id", "=", id)
      .execute();
    // Who belongs to a tenant and is active is its user, with or without a grant that says so.
    const user: HeldGrant = { role: "user", scope: tenant, expiresAt: null };
    const held = grants.map(({ expires_at, ...grant }): HeldGrant => ({ ...grant, expiresAt: expires_at }));
    return { person: { tenant, id, ...person }, grants: [user, ...held.filter(({ role }) => role !== "user")] };
  });
}

export interface SignInName {
  readonly localpart: string;
  readonly domain: string;
}

/** The tenant of an address and, where there is one, its person; undefined when nobody has the domain. */
export async function findSignIn(
  db: Database,
  { localpart, domain }: SignInName,
): Promise<{ tenant: string; person: string | undefined } | undefined> {
  const tables: Kysely<AccessTables> = db.common<AccessTables>();
  const tenant = await tables.selectFrom("tenant").select("id").where("domain", "=", domain).executeTakeFirst();
  if (!tenant) return undefined;
  const person = await db.withTenants([tenant.id], (trx: Transaction<AccessTables>) =>
    trx
      .selectFrom("person")
      .select("id")
      .where("tenant_id", "=", tenant.id)
      .where("localpart", "=", localpart)
      .executeTakeFirst(),
  );
  return { tenant: tenant.id, person: person?.id };
}

/** Whether these grants allow what a route asks for; what is no action of the table is allowed to nobody. */
export function allows(grants: readonly Grant[], scope: Scope, tenant: string | undefined): boolean {
  return isAction(scope) && may(grants, scope, tenant);
}

export const isAction = (scope: string): scope is Action => Object.hasOwn(permissions, scope);

/** All actions that a person may do somewhere: for menus, not for decisions. */
export function actionsOf(grants: readonly Grant[]): Action[] {
  return Object.keys(permissions)
    .filter(isAction)
    .filter((action) => grants.some(({ scope }) => may(grants, action, scope ?? undefined)));
}
