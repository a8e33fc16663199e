import { type Kysely, sql } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import type { TenantRecord, TenantStatus } from "./tenant-record.ts";
import { recordOf, type TenantRow, type TenantTables } from "./tenant-tables.ts";

export interface TenantPage {
  /** The id behind which the page begins. */
  readonly after: string | undefined;
  readonly limit: number;
  readonly status: TenantStatus | undefined;
  /** Part of id, domain or name, without case. */
  readonly text: string | undefined;
}

/** Up to `limit` tenants, ordered by id. */
export async function pageTenants(db: Database, page: TenantPage): Promise<TenantRecord[]> {
  const { after, limit, status, text } = page;
  const pattern = `%${(text ?? "").replace(/[\\%_]/g, "\\$&")}%`;
  const rows = await db
    .common<TenantTables>()
    .selectFrom("tenant")
    .selectAll()
    .$if(after !== undefined, (query) => query.where("id", ">", after ?? ""))
    .$if(status !== undefined, (query) => query.where("status", "=", status ?? "active"))
    .$if(text !== undefined, (query) =>
      query.where((is) =>
        is.or([is("id", "ilike", pattern), is("domain", "ilike", pattern), is("name", "ilike", pattern)]),
      ),
    )
    .orderBy("id")
    .limit(limit)
    .execute();
  return withAgreed(db.common<TenantTables>(), rows);
}

/** A tenant by its id; throws `not-found`. */
export async function readTenant(db: Database, id: string): Promise<TenantRecord> {
  const common = db.common<TenantTables>();
  const row = await common.selectFrom("tenant").selectAll().where("id", "=", id).executeTakeFirst();
  if (!row) throw new KontorError("not-found", "There is no such tenant");
  return withAgreedOne(common, row);
}

export interface ServedTenant extends Pick<TenantRecord, "id" | "domain" | "name"> {
  readonly partners: readonly string[];
}

/** Tenants that the XMPP server and the components serve, ordered by id, with partners reduced to those that agree. */
export async function servedTenants(db: Database): Promise<ServedTenant[]> {
  const rows = await db
    .common<TenantTables>()
    .selectFrom("tenant")
    .selectAll()
    .where("status", "=", "active")
    .orderBy("id")
    .execute();
  return reduceToAgreed(rows, rows).map(({ id, domain, name, federatesWith }) => ({
    ...{ id, domain, name },
    partners: federatesWith,
  }));
}

/** The tenant of a domain with which this one federates now, both agreeing; undefined when there is none. */
export async function agreedPartner(
  db: Database,
  tenant: string,
  domain: string,
): Promise<{ readonly id: string; readonly domain: string } | undefined> {
  const { rows } = await sql<{ id: string; domain: string }>`
    select other.id, other.domain from tenant as own
    join tenant as other on other.domain = any (own.partners) and own.domain = any (other.partners)
    where own.id = ${tenant} and other.domain = ${domain} and own.status = 'active' and other.status = 'active'`.execute(
    db.common<TenantTables>(),
  );
  return rows[0];
}

/** A row with those of its partners that agree. */
export async function withAgreedOne(db: Kysely<TenantTables>, row: TenantRow): Promise<TenantRecord> {
  const [record] = await withAgreed(db, [row]);
  if (!record) throw new KontorError("internal");
  return record;
}

async function withAgreed(db: Kysely<TenantTables>, rows: readonly TenantRow[]): Promise<TenantRecord[]> {
  const named = [...new Set(rows.flatMap(({ partners }) => partners))];
  const others =
    named.length === 0
      ? []
      : await db
          .selectFrom("tenant")
          .select(["domain", "partners"])
          .where("domain", "in", named)
          .where("status", "=", "active")
          .execute();
  return reduceToAgreed(rows, others);
}

function reduceToAgreed(
  rows: readonly TenantRow[],
  others: readonly { readonly domain: string; readonly partners: readonly string[] }[],
): TenantRecord[] {
  const consents = new Map(others.map(({ domain, partners }) => [domain, new Set(partners)]));
  return rows.map((row) =>
    recordOf(
      row,
      row.status === "active" ? row.partners.filter((partner) => consents.get(partner)?.has(row.domain)) : [],
    ),
  );
}
