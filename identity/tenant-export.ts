import { sql, type Transaction } from "kysely";
import type { Clock } from "../platform/clock.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { type Actor, audit } from "./audit.ts";
import { exportAudit } from "./audit-search.ts";
import { readTenant } from "./tenant-reads.ts";

/** What a tenant takes along: people, groups, roles and audit log, with what other domains add. No content of messages. */

/** A kind of rows that belongs to an export, page by page. */
interface ExportPart {
  readonly kind: string;
  readonly pages: (tenant: string) => AsyncIterable<readonly object[]>;
}

export interface ExportDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  /** What domains above identity add. */
  readonly parts: readonly ExportPart[];
}

/** Rows that are read at once. */
const EXPORT_PAGE = 500;

/**
 * The export as lines of JSON (NDJSON), each with its `kind`; the last one says how many lines there are of each, so that
 * a cut one is known as such. It is logged before the first line. Throws `not-found`.
 */
export async function* exportTenant(deps: ExportDeps, tenant: string, actor: Actor): AsyncGenerator<string> {
  const { db, clock, newId } = deps;
  const record = await readTenant(db, tenant);
  await db.withTenants([tenant], async (trx) => {
    const change = { tenant, action: "tenant:export", object: `tenant/${tenant}` };
    await audit(trx, actor, change, new Date(clock()), newId);
  });
  const line = (kind: string, row: object) => `${JSON.stringify({ kind, ...row })}\n`;
  yield line("tenant", record);
  const counts: Record<string, number> = { tenant: 1 };
  const log = { kind: "audit", pages: (of: string) => exportAudit(deps, of, {}, "ndjson", actor) };
  for (const { kind, pages } of [...identityParts(db), ...deps.parts, log]) {
    counts[kind] = 0;
    for await (const rows of pages(tenant)) {
      counts[kind] += rows.length;
      if (rows.length > 0) yield rows.map((row) => line(kind, row)).join("");
    }
  }
  yield line("end", { counts });
}

function identityParts(db: Database): ExportPart[] {
  const part = (kind: string, query: (tenant: string, after: string) => ReturnType<typeof sql<Keyed>>): ExportPart => ({
    kind,
    pages: async function* (tenant) {
      for (let after = ""; ; ) {
        const behind = after;
        const { rows } = await db.withTenants([tenant], (trx: Transaction<unknown>) =>
          query(tenant, behind).execute(trx),
        );
        yield rows.map(({ row }) => row);
        const last = rows.at(-1);
        if (!last || rows.length < EXPORT_PAGE) return;
        after = last.key;
      }
    },
  });
  return [
    part(
      "person",
      (tenant, after) => sql<Keyed>`
        select id::text as key, json_build_object('id', id, 'localpart', localpart, 'name', name, 'email', email,
          'status', status, 'createdAt', created_at, 'updatedAt', updated_at) as row
        from person where tenant_id = ${tenant} and id::text > ${after} order by id::text limit ${EXPORT_PAGE}`,
    ),
    part(
      "group",
      (tenant, after) => sql<Keyed>`
        select id::text as key, json_build_object('id', id, 'name', name, 'roster', roster, 'createdAt', created_at,
          'members', array(select person_id from group_member m
            where m.tenant_id = ${tenant} and m.group_id = g.id order by 1)) as row
        from person_group g where tenant_id = ${tenant} and id::text > ${after} order by id::text limit ${EXPORT_PAGE}`,
    ),
    part(
      "role",
      (tenant, after) => sql<Keyed>`
        select key, row from (
          select concat_ws(' ', person_id, role, coalesce(scope, '*')) collate "C" as key,
            json_build_object('person', person_id, 'role', role, 'scope', scope, 'reason', reason,
              'createdAt', created_at, 'expiresAt', expires_at) as row
          from role_grant where tenant_id = ${tenant}) held
        where key > ${after} order by key limit ${EXPORT_PAGE}`,
    ),
    part(
      "emergency-access",
      (tenant, after) => sql<Keyed>`
        select id::text as key, json_build_object('name', name, 'reason', reason, 'since', since, 'until', until,
          'endedAt', ended_at) as row
        from emergency_access where tenant_id = ${tenant} and id::text > ${after} order by id::text limit ${EXPORT_PAGE}`,
    ),
  ];
}

interface Keyed {
  /** By which the next page is found. */
  key: string;
  row: object;
}
