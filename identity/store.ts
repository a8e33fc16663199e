import type { Generated, Selectable, Transaction } from "kysely";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { hashToken } from "../platform/secrets.ts";
import { installationRoles } from "./permissions.ts";

interface TenantTable {
  id: string;
  domain: string;
  name: string;
  contact: string;
  deputy: string;
  partners: string[];
  created_at: Date;
  status: Generated<string>;
}

interface PersonTable {
  tenant_id: string;
  id: string;
  localpart: string;
  name: string;
  roles: string[];
  created_at: Date;
}

interface RoleGrantTable {
  tenant_id: string;
  person_id: string;
  role: string;
  scope: string | null;
  granted_by: string;
  created_at: Date;
}

export interface ApiTokenTable {
  hash: string;
  id: string;
  tenant: string | null;
  label: string;
  scopes: string[];
  created_at: Date;
  expires_at: Date;
  created_by: string | null;
  revoked_at: Date | null;
}

interface Tables {
  tenant: TenantTable;
  person: PersonTable;
  role_grant: RoleGrantTable;
  api_token: ApiTokenTable;
}

export interface Tenant {
  /** Short name, never changes: part of addresses, keys and file paths. */
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  readonly contact: string;
  readonly deputy: string;
  /** Domains of tenants this one agrees to federate with. */
  readonly partners: readonly string[];
}

export interface Person {
  readonly localpart: string;
  readonly name: string;
  readonly roles: readonly string[];
}

const tenantOf = ({ created_at, ...tenant }: Selectable<TenantTable>): Tenant => tenant;

/** All tenants, ordered by id, with partners reduced to those that agree as well. */
export async function listTenants(db: Database): Promise<Tenant[]> {
  const rows = await db.common<Tables>().selectFrom("tenant").selectAll().orderBy("id").execute();
  const tenants = rows.map(tenantOf);
  const agrees = (domain: string, with_: string) =>
    tenants.some((tenant) => tenant.domain === domain && tenant.partners.includes(with_));
  return tenants.map((tenant) => ({
    ...tenant,
    partners: tenant.partners.filter((domain) => agrees(domain, tenant.domain)),
  }));
}

/** Adds a tenant unless its id is there. `db` is opened as the owner role: tenants are the operator's matter. */
export async function addTenant(db: Database, tenant: Tenant, now: Date): Promise<void> {
  await db
    .common<Tables>()
    .insertInto("tenant")
    .values({ ...tenant, partners: [...tenant.partners], created_at: now })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

/** Adds people of a tenant; who is there already (by local part) stays as they are. */
export async function addPeople(
  db: Database,
  tenant: string,
  people: readonly Person[],
  newId: NewId,
  now: Date,
): Promise<void> {
  if (people.length === 0) return;
  const rows = people.map((person) => ({
    tenant_id: tenant,
    id: newId(),
    localpart: person.localpart,
    name: person.name,
    roles: [...person.roles],
    created_at: now,
  }));
  await db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const added = await trx
      .insertInto("person")
      .values(rows)
      .onConflict((conflict) => conflict.columns(["tenant_id", "localpart"]).doNothing())
      .returning(["id", "roles"])
      .execute();
    const grants = added.flatMap(({ id, roles }) =>
      roles.map((role) => ({
        tenant_id: tenant,
        person_id: id,
        role,
        scope: installationRoles.some((each) => each === role) ? null : tenant,
        granted_by: "cli",
        created_at: now,
      })),
    );
    if (grants.length > 0) await trx.insertInto("role_grant").values(grants).execute();
  });
}

/** A tenant by its id, without partners; undefined when there is none. */
export async function findTenant(db: Database, id: string): Promise<Omit<Tenant, "partners"> | undefined> {
  const columns = ["id", "domain", "name", "contact", "deputy"] as const;
  return db.common<Tables>().selectFrom("tenant").select(columns).where("id", "=", id).executeTakeFirst();
}

/** Up to `limit` people of a tenant whose local part comes after `after`, ordered by local part. */
export async function pagePeople(
  db: Database,
  tenant: string,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<Person[]> {
  const { after, limit } = page;
  return db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("person")
      .select(["localpart", "name", "roles"])
      .where("tenant_id", "=", tenant)
      .$if(after !== undefined, (query) => query.where("localpart", ">", after ?? ""))
      .orderBy("localpart")
      .limit(limit)
      .execute(),
  );
}

export interface NewToken {
  readonly id: string;
  /** The secret itself: only its hash is kept. */
  readonly token: string;
  /** Null for a token of the operator that is valid for all tenants. */
  readonly tenant: string | null;
  readonly label: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
}

/** Registers a bearer token. `db` is opened as the owner role. */
export async function addToken(db: Database, token: NewToken, now: Date): Promise<void> {
  await db
    .common<Tables>()
    .insertInto("api_token")
    .values({
      hash: hashToken(token.token),
      id: token.id,
      tenant: token.tenant,
      label: token.label,
      scopes: [...token.scopes],
      created_at: now,
      expires_at: token.expiresAt,
    })
    .onConflict((conflict) =>
      conflict.column("hash").doUpdateSet({ scopes: [...token.scopes], expires_at: token.expiresAt }),
    )
    .execute();
}
