import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { type Actor, audit, INSTALLATION } from "./audit.ts";
import type { OwnQuotas } from "./core-quota.ts";
import { withAgreedOne } from "./tenant-reads.ts";
import type { TenantRecord } from "./tenant-record.ts";
import type { TenantRow, TenantTables } from "./tenant-tables.ts";

/** Who changes a tenant, and when. */
export interface Change {
  readonly actor: Actor;
  readonly now: Date;
  readonly newId: NewId;
}

export interface NewTenant {
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  readonly contact: string;
  readonly deputy: string;
  readonly quotas: OwnQuotas;
}

type Trx = Transaction<TenantTables>;

/** Opens a tenant. Throws `conflict` for an id or domain that is taken, or a domain above or below another's. */
export function createTenant(db: Database, tenant: NewTenant, change: Change): Promise<TenantRecord> {
  return inBoth(
    db,
    tenant.id,
    async (trx) => {
      // Two that are added at once must see each other, which no unique key gives for domains below one another.
      await sql`select pg_advisory_xact_lock(hashtext('kontor tenant domains'))`.execute(trx);
      await requireFree(trx, tenant);
      const row = await trx
        .insertInto("tenant")
        .values({
          ...tenant,
          quotas: JSON.stringify(tenant.quotas),
          partners: [],
          status: "active",
          version: 1,
          created_at: change.now,
          updated_at: change.now,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return { row, action: "tenant:create", before: null, after: view(row) };
    },
    change,
  );
}

async function requireFree(trx: Trx, { id, domain }: NewTenant): Promise<void> {
  // Whoever is below a domain belongs to its tenant (rooms., upload. ...): no tenant may lie below or above another.
  const below = sql<boolean>`right(domain, length(${domain}) + 1) = '.' || ${domain}`;
  const above = sql<boolean>`right(${domain}, length(domain) + 1) = '.' || domain`;
  const taken = await trx
    .selectFrom("tenant")
    .select(["id", "domain"])
    .where((is) => is.or([is("id", "=", id), is("domain", "=", domain), below, above]))
    .executeTakeFirst();
  if (!taken) return;
  if (taken.id === id) throw new KontorError("conflict", `The id ${id} is in use`);
  throw new KontorError("conflict", `The domain ${domain} is in use, or lies below or above one that is`);
}

export interface TenantChange {
  readonly name: string;
  readonly contact: string;
  readonly deputy: string;
  readonly quotas: OwnQuotas;
  /** The version that was read. */
  readonly version: number;
}

/** Changes what may change. Throws `not-found`, and `conflict` when somebody else changed it since `version`. */
export function changeTenant(db: Database, id: string, changed: TenantChange, change: Change): Promise<TenantRecord> {
  const { version, quotas, ...rest } = changed;
  return inBoth(
    db,
    id,
    async (trx) => {
      const old = await locked(trx, id, version);
      requireOpen(old);
      const row = await update(trx, old, { ...rest, quotas: JSON.stringify(quotas) }, change.now);
      return { row, action: "tenant:change", before: view(old), after: view(row) };
    },
    change,
  );
}

/** Sets with whom a tenant agrees to federate; it counts where the other agrees too. In the tenant's own log. */
export async function setPartners(
  db: Database,
  id: string,
  wanted: { readonly partners: readonly string[]; readonly version: number },
  { actor, now, newId }: Change,
): Promise<TenantRecord> {
  return db.withTenants([id], async (trx: Trx) => {
    const old = await locked(trx, id, wanted.version);
    requireOpen(old);
    const partners = [...new Set(wanted.partners)].sort();
    if (partners.includes(old.domain)) throw new KontorError("bad-request", "A tenant is no partner of itself");
    const row = await update(trx, old, { partners }, now);
    const record = await withAgreedOne(trx, row);
    const [before, after] = [{ partners: old.partners }, { partners }];
    await audit(
      trx,
      actor,
      { tenant: id, action: "tenant:partners", object: `tenant/${id}`, before, after },
      now,
      newId,
    );
    return record;
  });
}

/** What happened to a tenant's row: kept in the installation's log and in the tenant's own. */
interface Done {
  readonly row: TenantRow;
  readonly action: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Runs a change and logs it in both logs; undefined from `work` changed nothing, which is logged nowhere. */
export function inBoth(
  db: Database,
  id: string,
  work: (trx: Trx) => Promise<Done | { readonly row: TenantRow }>,
  { actor, now, newId }: Change,
): Promise<TenantRecord> {
  return db.withTenants([INSTALLATION, id], async (trx: Trx) => {
    const done = await work(trx);
    const record = await withAgreedOne(trx, done.row);
    if ("action" in done) {
      const { row: _row, ...what } = done;
      // The tenant's first, always in this order: each end of a chain stays locked until the transaction ends.
      for (const tenant of [id, INSTALLATION]) {
        await audit(trx, actor, { ...what, tenant, object: `tenant/${id}` }, now, newId);
      }
    }
    return record;
  });
}

/** The row, locked; throws `not-found`, and `conflict` when `version` is not the present one. */
export async function locked(trx: Trx, id: string, version?: number): Promise<TenantRow> {
  const row = await trx.selectFrom("tenant").selectAll().where("id", "=", id).forNoKeyUpdate().executeTakeFirst();
  if (!row) throw new KontorError("not-found", "There is no such tenant");
  if (version !== undefined && version !== row.version) {
    throw new KontorError("conflict", "Somebody else changed this tenant meanwhile: read it again, then change it", {
      version: row.version,
    });
  }
  return row;
}

function requireOpen({ status }: TenantRow): void {
  if (status === "closing" || status === "closed") throw new KontorError("conflict", "The tenant is closed");
}

/** Writes a row's change with its next version. */
export function update(
  trx: Trx,
  old: TenantRow,
  set: Partial<Omit<TenantRow, "id" | "version" | "updated_at">>,
  now: Date,
): Promise<TenantRow> {
  return trx
    .updateTable("tenant")
    .set({ ...set, version: old.version + 1, updated_at: now })
    .where("id", "=", old.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** As much of a row as the logs hold. */
const view = ({ domain, name, contact, deputy, quotas, status }: TenantRow) => ({
  ...{ domain, name, contact, deputy, quotas, status },
});
