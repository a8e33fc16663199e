/** Exports as those see them who ask for them and watch them. */
import { sql, type Transaction } from "kysely";
import { type Actor, audit } from "../../identity/index.ts";
import { KontorError } from "../../platform/errors.ts";
import type { Database } from "../../platform/postgres.ts";
import type { Language } from "../core-html.ts";
import type { Tables } from "../tables.ts";
import type { ExportDeps } from "./deps.ts";

/** The kind of data that finished ZIPs are to the retention rules. */
export const KIND = "room-export";

export interface NewExport {
  readonly tenant: string;
  readonly roomId: string;
  readonly format: "json" | "html";
  readonly language: Language;
  readonly files: boolean;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  readonly reason: string;
}

export interface ExportLimits {
  /** Under way at a time. */
  readonly perTenant: number;
  /** Finished and not deleted yet. */
  readonly keptPerTenant: number;
}

export type ExportRow = Shown;

/** SQL for a row as it is shown; a ZIP whose time is over is gone, whether or not it was deleted yet. */
const columns = (tenant: string, now: Date) => sql`
  id, format, language, with_files as "withFiles", from_at as "fromAt", to_at as "toAt", asked_by as "askedBy",
  asked_name as "askedName", reason, created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt",
  version, messages, messages_total as "messagesTotal", files, bytes, problem, problem_detail as "problemDetail",
  blob, size, sha256,
  case when state = 'done' and finished_at < (select retention_cutoff(${tenant}, ${KIND}, ${now})) then 'deleted'
    else state end as state,
  case when state = 'done' then (
    select min((finished_at at time zone 'Europe/Berlin' + make_interval(
      years => case unit when 'year' then amount else 0 end, months => case unit when 'month' then amount else 0 end,
      days => case unit when 'day' then amount else 0 end)) at time zone 'Europe/Berlin')
    from retention_rule where kind = ${KIND} and (retention_rule.tenant_id is null or retention_rule.tenant_id = ${tenant})
  ) end as "expiresAt"`;

interface Shown {
  readonly id: string;
  readonly state: Tables["room_export"]["state"];
  readonly format: "json" | "html";
  readonly language: Language;
  readonly withFiles: boolean;
  readonly fromAt: Date | null;
  readonly toAt: Date | null;
  readonly askedBy: string;
  readonly askedName: string;
  readonly reason: string;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly version: number;
  readonly messages: number;
  readonly messagesTotal: number | null;
  readonly files: number;
  readonly bytes: number;
  readonly problem: string | null;
  readonly problemDetail: string | null;
  readonly blob: string | null;
  readonly size: number | null;
  readonly sha256: string | null;
}

/** Asks for an export. Throws `conflict` for one too many of the tenant. Gives its id. */
export async function addExport(
  { db, clock, newId }: ExportDeps,
  { tenant, roomId, ...asked }: NewExport,
  limits: ExportLimits,
  actor: Actor,
): Promise<string> {
  const id = newId();
  const now = new Date(clock());
  await db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    // Two that ask at once for the last place: the second one counts when the first is in.
    await sql`select pg_advisory_xact_lock(hashtext('room_export'), hashtext(${tenant}))`.execute(trx);
    await requirePlace(trx, tenant, limits);
    const { last_seq: upTo } = await trx
      .selectFrom("room")
      .select("last_seq")
      .where("tenant_id", "=", tenant)
      .where("id", "=", roomId)
      .executeTakeFirstOrThrow();
    await trx
      .insertInto("room_export")
      .values({
        ...{ tenant_id: tenant, id, room_id: roomId, state: "queued", format: asked.format, up_to: upTo },
        ...{ language: asked.language, with_files: asked.files, reason: asked.reason },
        ...{ from_at: asked.from ?? null, to_at: asked.to ?? null, created_at: now },
        ...{ asked_by: actor.who, asked_name: actor.name },
      })
      .execute();
    const { format, files, from, to } = asked;
    const after = { export: id, format, files, from: from?.toISOString(), to: to?.toISOString(), upTo };
    await audit(trx, actor, { tenant, action: "archive:export", object: `room/${roomId}`, after }, now, newId);
  });
  return id;
}

async function requirePlace(trx: Transaction<Tables>, tenant: string, limits: ExportLimits): Promise<void> {
  const count = await trx
    .selectFrom("room_export")
    .select([
      sql<number>`count(*) filter (where state <> 'done')`.as("open"),
      sql<number>`count(*) filter (where state = 'done')`.as("kept"),
    ])
    .where("tenant_id", "=", tenant)
    .where("state", "in", ["queued", "running", "done"])
    .executeTakeFirstOrThrow();
  if (count.open >= limits.perTenant) {
    throw new KontorError("conflict", `${count.open} exports are under way: wait for one, or call it off`, {
      reason: "exports-open",
    });
  }
  if (count.kept + count.open >= limits.keptPerTenant) {
    throw new KontorError(
      "conflict",
      `${count.kept} finished exports are kept: delete one that is not needed any more`,
    );
  }
}

/** Exports of a room, the latest first, with one more than `limit` when there are more. */
export async function pageExports(
  db: Database,
  tenant: string,
  roomId: string,
  page: { readonly after?: readonly [at: string, id: string] | undefined; readonly limit: number },
  now: Date,
): Promise<Shown[]> {
  const { after, limit } = page;
  const behind = after ? sql`and (created_at, id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql``;
  const { rows } = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    sql<Shown>`
      select ${columns(tenant, now)} from room_export where tenant_id = ${tenant} and room_id = ${roomId} ${behind}
      order by created_at desc, id desc limit ${limit + 1}`.execute(trx),
  );
  return rows;
}

/** One export of a room. Throws `not-found`. */
export async function readExport(db: Database, tenant: string, roomId: string, id: string, now: Date): Promise<Shown> {
  return db.withTenants([tenant], (trx: Transaction<Tables>) => readIn(trx, tenant, roomId, id, now));
}

/** The same in a transaction of the caller's. */
export async function readIn(trx: Transaction<Tables>, tenant: string, roomId: string, id: string, now: Date) {
  const { rows } = await sql<Shown>`
    select ${columns(tenant, now)} from room_export
    where tenant_id = ${tenant} and room_id = ${roomId} and id = ${id}::uuid`.execute(trx);
  const [row] = rows;
  if (!row) throw new KontorError("not-found", "There is no such export of this room");
  return row;
}
