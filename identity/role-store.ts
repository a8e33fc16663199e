import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import type { PersonRef } from "./access.ts";
import { type Actor, type AuditChange, audit, INSTALLATION } from "./audit.ts";
import { requireOtherAdministrator } from "./last-administrator.ts";
import { installationRoles, type Role } from "./permissions.ts";

/** Roles of people; each change is audited in its transaction. */

export interface RoleTables {
  person: { tenant_id: string; id: string; status: string };
  role_grant: {
    tenant_id: string;
    person_id: string;
    role: Role;
    scope: string | null;
    reason: string | null;
    granted_by: string;
    created_at: Date;
    expires_at: Date | null;
  };
}

export interface StoredGrant {
  readonly role: Role;
  /** Null: for the whole installation. */
  readonly scope: string | null;
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

export interface RoleChange {
  readonly person: PersonRef;
  readonly role: Role;
  readonly scope: string | null;
}

/** The scope in which a role of a person of this tenant is held. */
export const scopeOf = (role: Role, tenant: string): string | null =>
  installationRoles.includes(role) ? null : tenant;

/** What a person holds now. Throws `not-found` for who is not there. */
export function listRoles(db: Database, person: PersonRef, now: Date): Promise<StoredGrant[]> {
  return db.withTenants([person.tenant], async (trx: Transaction<RoleTables>) => {
    await requirePerson(trx, person);
    const rows = await held(trx, person)
      .select(["role", "scope", "reason", "created_at", "expires_at"])
      .where(({ or, eb }) => or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
      .orderBy("role")
      .execute();
    return rows.map(({ created_at, expires_at, ...row }) => ({ ...row, createdAt: created_at, expiresAt: expires_at }));
  });
}

export interface RoleGrant extends RoleChange {
  readonly expiresAt: Date | null;
}

/** Gives a role, or changes until when it is held. Throws `conflict` where the tenant would be left without administrator. */
export async function putRole(db: Database, actor: Actor, grant: RoleGrant, now: Date, newId: NewId): Promise<void> {
  const { person } = grant;
  await db.withTenants([INSTALLATION, person.tenant], async (trx: Transaction<RoleTables>) => {
    await requirePerson(trx, person);
    // What ends by itself is taken away at a later time.
    if (administers(grant) && grant.expiresAt !== null && (await holds(trx, grant, now)))
      await requireOtherAdministrator(trx, person, now);
    await insertGrant(trx, actor, grant, now);
    const after = { role: grant.role, scope: grant.scope, expiresAt: grant.expiresAt?.toISOString() ?? null };
    await auditRole(trx, actor, grant, { after }, now, newId);
  });
}

/** Takes a role away. Throws `not-found` when it is not held, `conflict` for the last administrator of a tenant. */
export async function removeRole(db: Database, actor: Actor, change: RoleChange, now: Date, newId: NewId) {
  const { person, role, scope } = change;
  await db.withTenants([INSTALLATION, person.tenant], async (trx: Transaction<RoleTables>) => {
    if (administers(change)) await requireOtherAdministrator(trx, person, now);
    const { numDeletedRows } = await trx
      .deleteFrom("role_grant")
      .where("tenant_id", "=", person.tenant)
      .where("person_id", "=", person.id)
      .where("role", "=", role)
      .where("scope", "is not distinct from", scope)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new KontorError("not-found", "The person does not hold this role");
    await auditRole(trx, actor, change, { before: { role, scope } }, now, newId);
  });
}

/** Writes a grant in the caller's transaction, which audits it. */
export async function insertGrant(
  trx: Transaction<RoleTables>,
  actor: Actor,
  { person, role, scope, expiresAt }: RoleGrant,
  now: Date,
): Promise<void> {
  const fields = { reason: actor.reason ?? null, granted_by: actor.who, created_at: now, expires_at: expiresAt };
  await trx
    .insertInto("role_grant")
    .values({ tenant_id: person.tenant, person_id: person.id, role, scope, ...fields })
    .onConflict((conflict) =>
      conflict.expression(sql`tenant_id, person_id, role, coalesce(scope, '*')`).doUpdateSet(fields),
    )
    .execute();
}

const administers = ({ person, role, scope }: RoleChange): boolean =>
  role === "tenant-administrator" && scope === person.tenant;

async function holds(trx: Transaction<RoleTables>, { person, role, scope }: RoleChange, now: Date): Promise<boolean> {
  const found = await held(trx, person)
    .select("role")
    .where("role", "=", role)
    .where("scope", "is not distinct from", scope)
    .where(({ or, eb }) => or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
    .executeTakeFirst();
  return found !== undefined;
}

const held = (trx: Transaction<RoleTables>, { tenant, id }: PersonRef) =>
  trx.selectFrom("role_grant").where("tenant_id", "=", tenant).where("person_id", "=", id);

/** Throws `not-found` for who is not there. */
export async function requirePerson(trx: Transaction<RoleTables>, { tenant, id }: PersonRef): Promise<void> {
  const found = await trx
    .selectFrom("person")
    .select("id")
    .where("tenant_id", "=", tenant)
    .where("id", "=", id)
    .where("status", "!=", "deleted")
    .executeTakeFirst();
  if (!found) throw new KontorError("not-found", "There is no such person");
}

/** In the tenant's log; a role for the installation is on record there as well. */
async function auditRole(
  trx: Transaction<RoleTables>,
  actor: Actor,
  { person, scope }: RoleChange,
  values: Pick<AuditChange, "before" | "after">,
  now: Date,
  newId: NewId,
): Promise<void> {
  const change = { action: "role:grant", object: `person/${person.id}`, ...values };
  // Always in this order, or two changes could wait for each other.
  if (scope === null) await audit(trx, actor, { tenant: INSTALLATION, ...change }, now, newId);
  await audit(trx, actor, { tenant: person.tenant, ...change }, now, newId);
}
