/** The rules of tenants for their rooms in the database, and how long their archives go back. */
import { sql, type Transaction } from "kysely";
import { type Actor, audit } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { defaultRules, type RoomRules, roomRules } from "./core-rules.ts";
import type { Tables } from "./tables.ts";

interface StoredRules {
  /** 0: the tenant has set none, the defaults hold. */
  readonly version: number;
  readonly rules: RoomRules;
}

export interface TenantRules extends StoredRules {
  /** Days of the tenant's own; null: as long as the operator lets it. */
  readonly archiveDays: number | null;
  /** What the operator lets it, as its rule says it. */
  readonly archiveLimit: { readonly amount: number; readonly unit: string };
}

type Trx = Transaction<Tables>;
const KIND = "message-archive";

async function rulesIn(trx: Trx, tenant: string, lock: boolean): Promise<StoredRules> {
  const row = await trx
    .selectFrom("room_rules")
    .select(["version", "rules"])
    .where("tenant_id", "=", tenant)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst();
  return row ? { version: row.version, rules: roomRules.parse(row.rules) } : { version: 0, rules: defaultRules };
}

/** The rules that hold in a tenant. */
export const readRules = async (db: Database, tenant: string): Promise<RoomRules> =>
  (await db.withTenants([tenant], (trx: Trx) => rulesIn(trx, tenant, false))).rules;

async function withArchive(trx: Trx, tenant: string, stored: StoredRules): Promise<TenantRules> {
  const { rows } = await sql<{ tenant_id: string | null; amount: number; unit: string }>`
    select tenant_id, amount, unit from retention_rule
    where kind = ${KIND} and (tenant_id is null or tenant_id = ${tenant})`.execute(trx);
  const own = rows.find((row) => row.tenant_id !== null);
  const limit = rows.find((row) => row.tenant_id === null);
  if (!limit) throw new KontorError("internal", "There is no rule for the archive");
  return {
    ...stored,
    archiveDays: own?.unit === "day" ? own.amount : null,
    archiveLimit: { amount: limit.amount, unit: limit.unit },
  };
}

/** The rules with all that the administration sees of them. */
export const readTenantRules = (db: Database, tenant: string): Promise<TenantRules> =>
  db.withTenants([tenant], async (trx: Trx) => withArchive(trx, tenant, await rulesIn(trx, tenant, false)));

/** Sets all of the rules. Throws `policy-violation` for an archive that goes back further than the operator lets it. */
export function setRules(
  db: Database,
  tenant: string,
  to: { readonly rules: RoomRules; readonly archiveDays: number | null },
  by: { readonly actor: Actor; readonly now: Date; readonly newId: NewId; readonly check: (version: number) => void },
): Promise<TenantRules> {
  const { rules, archiveDays } = to;
  return db.withTenants([tenant], async (trx: Trx) => {
    // The first change of all has no row to lock.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`room_rules ${tenant}`}, 0))`.execute(trx);
    const before = await withArchive(trx, tenant, await rulesIn(trx, tenant, true));
    by.check(before.version);
    const version = before.version + 1;
    const row = { version, rules: JSON.stringify(rules), updated_at: by.now };
    await trx
      .insertInto("room_rules")
      .values({ tenant_id: tenant, ...row })
      .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet(row))
      .execute();
    if (archiveDays !== before.archiveDays) await setArchiveDays(trx, tenant, archiveDays);
    const { archiveLimit } = before;
    const entry = { tenant, action: "room:rules", object: `tenant/${tenant}` };
    const was = { ...before.rules, archiveDays: before.archiveDays };
    await audit(trx, by.actor, { ...entry, before: was, after: { ...rules, archiveDays } }, by.now, by.newId);
    return { version, rules, archiveDays, archiveLimit };
  });
}

async function setArchiveDays(trx: Trx, tenant: string, days: number | null): Promise<void> {
  await sql`delete from retention_rule where tenant_id = ${tenant} and kind = ${KIND}`.execute(trx);
  if (days === null) return;
  await sql`insert into retention_rule (tenant_id, kind, amount, unit) values (${tenant}, ${KIND}, ${days}, 'day')`
    .execute(trx)
    .catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "23514") {
        throw new KontorError("policy-violation", "The archive may not go back further than the operator lets it");
      }
      throw error;
    });
}
