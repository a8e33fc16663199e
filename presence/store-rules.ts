/** The rules of tenants for the presence of their people, in the database. */
import { sql, type Transaction } from "kysely";
import { type Actor, audit } from "../identity/index.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { defaultPresenceRules, type PresenceRules, presenceRules } from "./core-visibility.ts";
import type { PresenceTables } from "./tables.ts";

export interface StoredPresenceRules {
  /** 0: the tenant has set none, the defaults hold. */
  readonly version: number;
  readonly rules: PresenceRules;
}

type Trx = Transaction<PresenceTables>;

/** Who changes something, and the check of the version that was read. */
export interface Change {
  readonly actor: Actor;
  readonly now: Date;
  readonly newId: NewId;
  /** Throws when the version that is there is not the one that was read. */
  readonly check: (version: number) => void;
}

export async function rulesIn(trx: Trx, tenant: string): Promise<StoredPresenceRules> {
  const row = await trx
    .selectFrom("presence_rules")
    .select(["version", "rules"])
    .where("tenant_id", "=", tenant)
    .executeTakeFirst();
  return row
    ? { version: row.version, rules: presenceRules.parse(row.rules) }
    : { version: 0, rules: defaultPresenceRules };
}

/** The rules that hold in a tenant. */
export const readPresenceRules = (db: Database, tenant: string): Promise<StoredPresenceRules> =>
  db.withTenants([tenant], (trx: Trx) => rulesIn(trx, tenant));

/** Sets all of the rules. */
export function setPresenceRules(
  db: Database,
  tenant: string,
  rules: PresenceRules,
  { actor, now, newId, check }: Change,
): Promise<StoredPresenceRules> {
  return db.withTenants([tenant], async (trx: Trx) => {
    // The first change of all has no row to lock.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`presence_rules ${tenant}`}, 0))`.execute(trx);
    const before = await rulesIn(trx, tenant);
    check(before.version);
    const version = before.version + 1;
    const row = { version, rules: JSON.stringify(rules), updated_at: now };
    await trx
      .insertInto("presence_rules")
      .values({ tenant_id: tenant, ...row })
      .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet(row))
      .execute();
    const entry = { tenant, action: "presence:rules", object: `tenant/${tenant}` };
    await audit(trx, actor, { ...entry, before: before.rules, after: rules }, now, newId);
    return { version, rules };
  });
}
