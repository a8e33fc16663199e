import { type Selectable, sql, type Transaction } from "kysely";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import { startingWith } from "../platform/http.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { type Actor, type AuditTables, audit } from "./audit.ts";
import { canonical } from "./core-audit.ts";

/** Reading the audit log. Each search and each export is an entry itself; the pages of a search are no further ones. */

export interface AuditFilter {
  /** From this instant on, up to before that one; ISO 8601. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** A pseudonym, the id of who acted, or a part of the name. */
  readonly actor?: string | undefined;
  /** How the action begins, such as `person:`. */
  readonly action?: string | undefined;
  /** How the object begins, such as `person/`. */
  readonly object?: string | undefined;
}

/** Where a search goes on: behind an entry, under the entry that the search itself is. */
export interface AuditPlace {
  readonly search: number;
  readonly before: number;
}

/** An entry as it is shown: the name is null once the person's data was erased. */
export interface AuditView {
  readonly position: number;
  readonly at: string;
  readonly actor: { readonly id: string; readonly name: string | null };
  readonly roles: string[];
  readonly action: string;
  readonly object: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly hash: string;
}

export interface AuditReading {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
}

const SEARCH_HOLDS_MS = 86_400_000;
const EXPORT_PAGE = 500;

/** Up to `limit` entries, newest first, and one more where there are more. `place` undefined: a new search. */
export async function searchAudit(
  { db, clock, newId }: AuditReading,
  tenant: string,
  filter: AuditFilter,
  page: { readonly place: AuditPlace | undefined; readonly limit: number },
  actor: Actor,
): Promise<{ readonly rows: AuditView[]; readonly search: number }> {
  const { place, limit } = page;
  return db.withTenants([tenant], async (trx: Transaction<AuditTables>) => {
    if (place) await checkSearch(trx, tenant, filter, place, actor, new Date(clock() - SEARCH_HOLDS_MS));
    const rows = await entries(trx, tenant, filter, place?.before, limit + 1);
    if (place) return { rows, search: place.search };
    const change = { tenant, action: "audit:read", object: "audit", after: filter };
    return { rows, search: await audit(trx, actor, change, new Date(clock()), newId) };
  });
}

/** All entries of a filter up to now, newest first, in pages; the export is logged before the first. */
export async function* exportAudit(
  { db, clock, newId }: AuditReading,
  tenant: string,
  filter: AuditFilter,
  format: string,
  actor: Actor,
): AsyncGenerator<AuditView[]> {
  let before = await db.withTenants([tenant], (trx: Transaction<AuditTables>) => {
    const change = { tenant, action: "audit:export", object: "audit", after: { ...filter, format } };
    return audit(trx, actor, change, new Date(clock()), newId);
  });
  for (;;) {
    const behind = before;
    const rows = await db.withTenants([tenant], (trx: Transaction<AuditTables>) =>
      entries(trx, tenant, filter, behind, EXPORT_PAGE),
    );
    yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < EXPORT_PAGE) return;
    before = last.position;
  }
}

/** A page is given only to who began the search, for the filter that was logged, and not for ever. */
async function checkSearch(
  trx: Transaction<AuditTables>,
  tenant: string,
  filter: AuditFilter,
  { search }: AuditPlace,
  { who }: Actor,
  since: Date,
): Promise<void> {
  const logged = await trx
    .selectFrom("audit_entry as e")
    .innerJoin("actor as a", (join) => join.onRef("a.tenant_id", "=", "e.tenant_id").onRef("a.id", "=", "e.actor"))
    .select("e.after")
    .where("e.tenant_id", "=", tenant)
    .where("e.position", "=", search)
    .where("e.action", "=", "audit:read")
    .where("e.at", ">", since)
    .where("a.who", "=", who)
    .executeTakeFirst();
  if (!logged || canonical(logged.after) !== canonical(filter)) {
    throw new KontorError("bad-request", "query.cursor: is not of this search: leave it out to begin anew");
  }
}

async function entries(
  trx: Transaction<AuditTables>,
  tenant: string,
  { from, to, actor, action, object }: AuditFilter,
  before: number | undefined,
  limit: number,
): Promise<AuditView[]> {
  let query = trx
    .selectFrom("audit_entry as e")
    .leftJoin("actor as a", (join) => join.onRef("a.tenant_id", "=", "e.tenant_id").onRef("a.id", "=", "e.actor"))
    .selectAll("e")
    .select("a.name")
    .where("e.tenant_id", "=", tenant)
    .orderBy("e.position", "desc")
    .limit(limit);
  if (before !== undefined) query = query.where("e.position", "<", before);
  if (from !== undefined) query = query.where("e.at", ">=", new Date(from));
  if (to !== undefined) query = query.where("e.at", "<", new Date(to));
  if (action !== undefined) query = query.where(sql<boolean>`starts_with(e.action, ${action})`);
  if (object !== undefined) query = query.where(sql<boolean>`starts_with(e.object, ${object})`);
  if (actor !== undefined) {
    query = query.where((where) =>
      where.or([
        where(sql<string>`e.actor::text`, "=", actor),
        where("a.who", "=", actor),
        where("a.name", "ilike", startingWith(actor, true)),
      ]),
    );
  }
  return (await query.execute()).map(viewOf);
}

const viewOf = (row: Selectable<AuditTables["audit_entry"]> & { name: string | null }): AuditView => ({
  position: row.position,
  at: row.at.toISOString(),
  actor: { id: row.actor, name: row.name },
  roles: row.roles,
  action: row.action,
  object: row.object,
  before: row.before,
  after: row.after,
  reason: row.reason,
  address: row.address,
  requestId: row.request_id,
  hash: row.hash,
});
