import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import type { PersonRef } from "./access.ts";
import { type Actor, audit, INSTALLATION } from "./audit.ts";
import type { Role } from "./permissions.ts";
import { insertGrant, type RoleTables, requirePerson } from "./role-store.ts";

/** What operators take for an emergency (break-glass): for a while, with a reason, and seen by the tenant. */

interface EmergencyTables extends RoleTables {
  emergency_access: {
    tenant_id: string;
    id: string;
    person_tenant: string;
    person_id: string;
    name: string;
    reason: string;
    since: Date;
    until: Date;
    ended_at: Date | null;
  };
}
type Trx = Transaction<EmergencyTables>;

/** The role that is taken. */
export const emergencyRole: Role = "tenant-administrator";

/** An operator's access as its tenant sees it. */
export interface EmergencyAccess {
  readonly id: string;
  readonly name: string;
  readonly reason: string;
  readonly since: Date;
  readonly until: Date;
  /** When it was given back before its time. */
  readonly endedAt: Date | null;
}

export interface Emergency {
  readonly person: PersonRef;
  /** The tenant that is entered. */
  readonly tenant: string;
  readonly reason: string;
  readonly until: Date;
}

/** How many of the newest are shown. */
const SHOWN = 100;

/**
 * Takes access, or anew for another while. It is on record in the tenant's own log, which its DPO reads, and in that of
 * the installation. Throws `conflict` for who holds the role there anyway: an emergency must not put an end to it.
 */
export async function takeEmergency(db: Database, actor: Actor, asked: Emergency, now: Date, newId: NewId) {
  const { person, tenant, reason, until } = asked;
  await db.withTenants([INSTALLATION, person.tenant, tenant], async (trx: Trx) => {
    await requirePerson(trx, person);
    const held = await grantOf(trx, person, tenant).where(stillHeld(now)).executeTakeFirst();
    const running = await endRunning(trx, person, tenant, now);
    if (held && running === 0) throw new KontorError("conflict", "You hold this role there already");
    await insertGrant(trx, { ...actor, reason }, { person, role: emergencyRole, scope: tenant, expiresAt: until }, now);
    await trx
      .insertInto("emergency_access")
      .values({
        ...{ tenant_id: tenant, id: newId(), person_tenant: person.tenant, person_id: person.id },
        ...{ name: actor.name, reason, since: now, until, ended_at: null },
      })
      .execute();
    const after = { role: emergencyRole, scope: tenant, expiresAt: until.toISOString() };
    await auditBoth(trx, { ...actor, reason }, person, tenant, { after }, now, newId);
  });
}

/** Gives access back before its time. Throws `not-found` for who has none that runs. */
export async function endEmergency(
  db: Database,
  actor: Actor,
  { person, tenant }: Pick<Emergency, "person" | "tenant">,
  now: Date,
  newId: NewId,
): Promise<void> {
  await db.withTenants([INSTALLATION, person.tenant, tenant], async (trx: Trx) => {
    if ((await endRunning(trx, person, tenant, now)) === 0) {
      throw new KontorError("not-found", "You have no emergency access to this tenant");
    }
    await trx
      .deleteFrom("role_grant")
      .where("tenant_id", "=", person.tenant)
      .where("person_id", "=", person.id)
      .where("role", "=", emergencyRole)
      .where("scope", "=", tenant)
      .where("expires_at", "is not", null)
      .execute();
    const before = { role: emergencyRole, scope: tenant };
    await auditBoth(trx, actor, person, tenant, { before, after: { ended: now.toISOString() } }, now, newId);
  });
}

/** The newest accesses to a tenant, the running first. */
export async function listEmergencies(db: Database, tenant: string): Promise<EmergencyAccess[]> {
  const rows = await db.withTenants([tenant], (trx: Trx) =>
    trx
      .selectFrom("emergency_access")
      .select(["id", "name", "reason", "since", "until", "ended_at"])
      .where("tenant_id", "=", tenant)
      .orderBy(sql`coalesce(ended_at, until)`, "desc")
      .limit(SHOWN)
      .execute(),
  );
  return rows.map(({ ended_at, ...row }) => ({ ...row, endedAt: ended_at }));
}

/** Ends what runs at its tenant; gives how many did. */
async function endRunning(trx: Trx, person: PersonRef, tenant: string, now: Date): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable("emergency_access")
    .set({ ended_at: now })
    .where("tenant_id", "=", tenant)
    .where("person_tenant", "=", person.tenant)
    .where("person_id", "=", person.id)
    .where("ended_at", "is", null)
    .where("until", ">", now)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

const grantOf = (trx: Trx, { tenant, id }: PersonRef, scope: string) =>
  trx
    .selectFrom("role_grant")
    .select("expires_at")
    .where("tenant_id", "=", tenant)
    .where("person_id", "=", id)
    .where("role", "=", emergencyRole)
    .where("scope", "=", scope);

const stillHeld = (now: Date) => sql<boolean>`(expires_at is null or expires_at > ${now})`;

async function auditBoth(
  trx: Trx,
  actor: Actor,
  person: PersonRef,
  tenant: string,
  values: { readonly before?: unknown; readonly after: unknown },
  now: Date,
  newId: NewId,
): Promise<void> {
  const change = { action: "tenant:break-glass", object: `person/${person.id}`, ...values };
  // Always in this order, or two changes could wait for each other.
  for (const log of [INSTALLATION, tenant]) await audit(trx, actor, { tenant: log, ...change }, now, newId);
}
