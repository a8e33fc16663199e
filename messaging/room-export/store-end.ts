/** The end of an export: taken along, called off, or deleted before its time. */
import type { Transaction } from "kysely";
import { type Actor, audit } from "../../identity/index.ts";
import { KontorError } from "../../platform/errors.ts";
import type { Tables } from "../tables.ts";
import type { ExportDeps } from "./deps.ts";
import { readIn } from "./store.ts";

/**
 * Calls an export off, or deletes the ZIP of a finished one before its time; one that is over already stays as it is.
 * Throws `not-found`. Gives the bytes that are to be removed once this is committed.
 */
export async function endExport(
  { db, clock, newId }: ExportDeps,
  { tenant, roomId, id }: { readonly tenant: string; readonly roomId: string; readonly id: string },
  actor: Actor,
): Promise<string | undefined> {
  const now = new Date(clock());
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const found = await trx
      .selectFrom("room_export")
      .select(["state", "blob"])
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .where("id", "=", id)
      .forUpdate()
      .executeTakeFirst();
    if (!found) throw new KontorError("not-found", "There is no such export of this room");
    const { state, blob } = found;
    if (state !== "queued" && state !== "running" && state !== "done") return undefined;
    const to = state === "done" ? ("deleted" as const) : ("cancelled" as const);
    await trx
      .updateTable("room_export")
      .set((row) => ({ state: to, blob: null, version: row("version", "+", 1), finished_at: now }))
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .execute();
    const action = to === "deleted" ? "archive:export-delete" : "archive:export-cancel";
    const states = { before: { export: id, state }, after: { export: id, state: to } };
    await audit(trx, actor, { tenant, action, object: `room/${roomId}`, ...states }, now, newId);
    return blob ?? undefined;
  });
}

export interface FinishedZip {
  readonly blob: string;
  readonly size: number;
  readonly sha256: string;
  readonly createdAt: Date;
}

/**
 * The ZIP of an export for who takes it along, which is on record before anything is sent. Throws `not-found`;
 * `forbidden` for anybody but who asked for it; `conflict` while it is not there yet, `gone` when it never comes or is
 * there no more.
 */
export async function takeExport(
  { db, clock, newId }: ExportDeps,
  { tenant, roomId, id }: { readonly tenant: string; readonly roomId: string; readonly id: string },
  actor: Actor,
): Promise<FinishedZip> {
  const now = new Date(clock());
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const { state, blob, size, sha256, askedBy, reason, createdAt } = await readIn(trx, tenant, roomId, id, now);
    if (askedBy !== actor.who) {
      throw new KontorError("forbidden", "An export is for who asked for it: ask for one of your own, and say why");
    }
    if (state === "queued" || state === "running") throw new KontorError("conflict", "The export is not finished yet");
    if (state !== "done" || blob === null || size === null || sha256 === null) {
      throw new KontorError("gone", `The export is ${state}: ask for a new one`);
    }
    const because = { ...actor, reason: actor.reason ?? reason };
    const after = { export: id, size, sha256 };
    await audit(trx, because, { tenant, action: "archive:download", object: `room/${roomId}`, after }, now, newId);
    return { blob, size, sha256, createdAt };
  });
}
