/** Exports as the worker sees them: what is to be made, how far it is, what came of it. */
import { sql, type Transaction, type Updateable } from "kysely";
import { audit, listTenants, localActor } from "../../identity/index.ts";
import type { Database } from "../../platform/postgres.ts";
import { roomConfig } from "../core-config.ts";
import type { Tables } from "../tables.ts";
import type { ExportDeps } from "./deps.ts";

export interface ExportRef {
  readonly tenant: string;
  readonly id: string;
}

/** An export that this attempt makes. Only the latest attempt may write: a worker that was slow finds itself replaced. */
export interface ExportWork extends ExportRef {
  readonly attempt: number;
  readonly room: { readonly id: string; readonly name: string; readonly title: string };
  readonly format: "json" | "html";
  readonly language: "de" | "en";
  readonly files: boolean;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  readonly upTo: number;
  readonly askedBy: { readonly id: string; readonly name: string };
  readonly reason: string;
  readonly askedAt: Date;
}

export interface ExportProgress {
  readonly messages: number;
  readonly messagesTotal: number;
  readonly files: number;
  readonly bytes: number;
}

const OPEN = ["queued", "running"] as const;

/** Exports that are not made yet, oldest first; of all tenants. */
export async function openExports(db: Database): Promise<ExportRef[]> {
  const tenants = (await listTenants(db)).map(({ id }) => id);
  if (tenants.length === 0) return [];
  return db.withTenants(tenants, (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_export")
      .select(["tenant_id as tenant", "id"])
      .where("tenant_id", "in", tenants)
      .where("state", "in", OPEN)
      .orderBy("created_at")
      .limit(1_000)
      .execute(),
  );
}

/** Begins, or begins again what an earlier attempt left: from the start. Undefined when there is nothing to make. */
export async function beginExport(db: Database, { tenant, id }: ExportRef, now: Date): Promise<ExportWork | undefined> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const row = await trx
      .updateTable("room_export")
      .set((old) => ({
        ...{ state: "running", messages: 0, messages_total: null, files: 0, bytes: 0 },
        attempt: old("attempt", "+", 1),
        version: old("version", "+", 1),
        started_at: sql<Date>`coalesce(started_at, ${now})`,
      }))
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .where("state", "in", OPEN)
      .returningAll()
      .executeTakeFirst();
    if (!row) return undefined;
    const room = await trx
      .selectFrom("room")
      .select(["name", "config"])
      .where("tenant_id", "=", tenant)
      .where("id", "=", row.room_id)
      .where("ended_at", "is", null)
      .executeTakeFirst();
    if (!room) {
      // The room went while its export waited.
      await close(trx, { tenant, id, attempt: row.attempt }, { state: "cancelled", finished_at: now });
      return undefined;
    }
    const { title } = roomConfig.parse(room.config);
    return {
      ...{ tenant, id, attempt: row.attempt, format: row.format, language: row.language, files: row.with_files },
      room: { id: row.room_id, name: room.name, title: title === "" ? room.name : title },
      ...{ from: row.from_at ?? undefined, to: row.to_at ?? undefined, upTo: row.up_to },
      ...{ askedBy: { id: row.asked_by, name: row.asked_name }, reason: row.reason, askedAt: row.created_at },
    };
  });
}

type Attempt = Pick<ExportWork, "tenant" | "id" | "attempt">;

/** Changes the row of an attempt that still counts; whether it does. */
async function close(
  trx: Transaction<Tables>,
  { tenant, id, attempt }: Attempt,
  change: Updateable<Tables["room_export"]>,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable("room_export")
    .set((row) => ({ ...change, version: row("version", "+", 1) }))
    .where("tenant_id", "=", tenant)
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .where("state", "=", "running")
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Notes how far it is. False when this attempt counts no more: the export was called off, its room went, or another began. */
export async function noteProgress(db: Database, work: ExportWork, progress: ExportProgress): Promise<boolean> {
  const { messages, messagesTotal, files, bytes } = progress;
  return db.withTenants([work.tenant], async (trx: Transaction<Tables>) => {
    const room = await trx
      .selectFrom("room")
      .select("id")
      .where("tenant_id", "=", work.tenant)
      .where("id", "=", work.room.id)
      .where("ended_at", "is", null)
      .executeTakeFirst();
    if (!room) {
      await close(trx, work, { state: "cancelled" });
      return false;
    }
    return close(trx, work, { messages, messages_total: messagesTotal, files, bytes });
  });
}

/** The ZIP is there, from now on for who asked for it. False when the attempt counts no more. */
export async function finishExport(
  { db, clock, newId }: ExportDeps,
  work: ExportWork,
  zip: { readonly blob: string; readonly size: number; readonly sha256: string },
  done: { readonly messages: number; readonly files: number },
): Promise<boolean> {
  const now = new Date(clock());
  const { tenant, room, id } = work;
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const counts = { ...done, messages_total: done.messages, bytes: zip.size };
    if (!(await close(trx, work, { ...zip, ...counts, state: "done", finished_at: now }))) return false;
    const after = { export: id, ...done, size: zip.size, sha256: zip.sha256 };
    const change = { tenant, action: "archive:exported", object: `room/${room.id}`, after };
    await audit(trx, localActor("job:room-export", work.reason), change, now, newId);
    return true;
  });
}

/** It cannot be made; who asked sees why. */
export async function failExport(
  db: Database,
  { tenant, id }: ExportRef,
  { code, detail }: { readonly code: string; readonly detail: string },
  now: Date,
): Promise<void> {
  await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .updateTable("room_export")
      .set((row) => ({
        ...{ state: "failed", problem: code, problem_detail: detail, finished_at: now },
        version: row("version", "+", 1),
      }))
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .where("state", "in", OPEN)
      .execute(),
  );
}
