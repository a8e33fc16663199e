/** Files in PostgreSQL: what is known of them. Their bytes are the byte store's matter. */
import { sql, type Transaction } from "kysely";
import type { Quotas } from "../identity/core-quota.ts";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { MAX_OPEN_SLOTS, type Slot } from "./core.ts";
import { requireSpace } from "./space.ts";
import type { Tables } from "./tables.ts";

export interface NewSlot extends Slot {
  readonly tenant: string;
  readonly id: string;
  /** Bare address. */
  readonly owner: string;
}

/**
 * Keeps a slot, whose bytes count as the tenant's from now on. Throws `quota-reached` when they do not fit, with
 * `retryAfterSeconds` where unused slots give enough back by then, and `too-large` with `maxBytes` when they never can;
 * throws `too-many` with `retryAfterSeconds` when the owner holds as many unused slots as one may; several
 * requests at once may pass that limit by their number.
 */
export async function addSlot(db: Database, slot: NewSlot, now: number, defaults: Quotas): Promise<void> {
  await db.withTenants([slot.tenant], async (trx: Transaction<Tables>) => {
    const open = await trx
      .selectFrom("file")
      .select("expires_at")
      .where("tenant_id", "=", slot.tenant)
      .where("owner", "=", slot.owner)
      .where("state", "=", "slot")
      .where("expires_at", ">", new Date(now))
      .orderBy("expires_at")
      .limit(MAX_OPEN_SLOTS)
      .execute();
    const first = open[0];
    if (first && open.length >= MAX_OPEN_SLOTS) {
      const retryAfterSeconds = Math.max(1, Math.ceil((first.expires_at.getTime() - now) / 1_000));
      throw new KontorError("too-many", `At most ${MAX_OPEN_SLOTS} unused slots at a time: use them or wait`, {
        retryAfterSeconds,
      });
    }
    await requireSpace(trx, slot, slot.size, now, defaults);
    await trx
      .insertInto("file")
      .values({
        tenant_id: slot.tenant,
        id: slot.id,
        owner: slot.owner,
        name: slot.name,
        type: slot.type ?? null,
        size: slot.size,
        state: "slot",
        created_at: new Date(now),
        expires_at: new Date(slot.expiresAt),
        upload_until: new Date(slot.uploadUntil),
      })
      .execute();
    // The insertion holds the tenant's sum until the end: of two that ask at once for the last bytes, one sees both.
    await requireSpace(trx, slot, 0, now, defaults);
  });
}

export interface OpenSlot {
  readonly size: number;
  readonly type: string | undefined;
}

/**
 * The slot an upload is for. Throws `conflict` when it was used, `gone` when it was swept away, and `quota-reached` when
 * the tenant's quota was lowered meanwhile, so that what was promised does not fit any more.
 */
export async function findSlot(
  db: Database,
  tenant: string,
  id: string,
  now: number,
  defaults: Quotas,
): Promise<OpenSlot> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const found = await trx
      .selectFrom("file")
      .select(["size", "type", "state"])
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .executeTakeFirst();
    if (!found) throw new KontorError("gone", "The upload slot is no longer there: ask for a new one");
    if (found.state === "stored") throw alreadyUsed();
    await requireSpace(trx, { tenant, id, size: found.size }, 0, now, defaults);
    return { size: found.size, type: found.type ?? undefined };
  });
}

const alreadyUsed = (): KontorError => new KontorError("conflict", "The slot was used already: ask for a new one");

export interface Upload {
  readonly tenant: string;
  readonly id: string;
  readonly blob: string;
  readonly sha256: string;
  readonly type: string | undefined;
}

/** Makes an uploaded file visible: the moment it exists. False when another upload was first or the slot is gone. */
export async function markStored(db: Database, upload: Upload, now: number): Promise<boolean> {
  const result = await db.withTenants([upload.tenant], (trx: Transaction<Tables>) =>
    trx
      .updateTable("file")
      .set({
        state: "stored",
        blob: upload.blob,
        sha256: upload.sha256,
        type: upload.type ?? null,
        stored_at: new Date(now),
      })
      .where("tenant_id", "=", upload.tenant)
      .where("id", "=", upload.id)
      .where("state", "=", "slot")
      .executeTakeFirst(),
  );
  return result.numUpdatedRows === 1n;
}

export interface StoredFile {
  readonly blob: string;
  readonly size: number;
  readonly sha256: string;
  readonly type: string | undefined;
}

/**
 * A stored file that retention still lets be seen at `now`. Throws `not-found` for any other.
 * `retention_cutoff` (0005-retention.sql) is the time before which a kind is hidden.
 */
export async function findStored(db: Database, tenant: string, id: string, now: number): Promise<StoredFile> {
  const found = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("file")
      .select(["blob", "size", "sha256", "type"])
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .where("state", "=", "stored")
      .where("stored_at", ">=", sql<Date>`(select retention_cutoff(${tenant}, 'file', ${new Date(now)}))`)
      .executeTakeFirst(),
  );
  if (!found?.blob || !found.sha256) throw new KontorError("not-found", "There is no such file, or no longer");
  return { blob: found.blob, size: found.size, sha256: found.sha256, type: found.type ?? undefined };
}

/** The oldest files stored before `cutoff`, at most `limit`. */
export async function listStoredBefore(
  db: Database,
  tenant: string,
  cutoff: Date,
  limit: number,
): Promise<{ id: string; blob: string }[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("file")
      .select(["id", "blob"])
      .where("tenant_id", "=", tenant)
      .where("state", "=", "stored")
      .where("stored_at", "<", cutoff)
      .orderBy("stored_at")
      .limit(limit)
      .execute(),
  );
  return rows.flatMap(({ id, blob }) => (blob === null ? [] : [{ id, blob }]));
}

/** Removes rows; gives how many there were. */
export async function removeRows(db: Database, tenant: string, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const result = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx.deleteFrom("file").where("tenant_id", "=", tenant).where("id", "in", ids).executeTakeFirst(),
  );
  return Number(result.numDeletedRows);
}

/** Removes slots whose upload should have ended before `now`; gives how many. */
export async function removeUnusedSlots(db: Database, tenant: string, now: number): Promise<number> {
  const result = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .deleteFrom("file")
      .where("tenant_id", "=", tenant)
      .where("state", "=", "slot")
      .where("upload_until", "<", new Date(now))
      .executeTakeFirst(),
  );
  return Number(result.numDeletedRows);
}

/** Those of `blobs` that belong to a stored file. */
export async function knownBlobs(db: Database, tenant: string, blobs: readonly string[]): Promise<Set<string>> {
  if (blobs.length === 0) return new Set();
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("file")
      .select("blob")
      .where("tenant_id", "=", tenant)
      .where("state", "=", "stored")
      .where("blob", "in", blobs)
      .execute(),
  );
  return new Set(rows.flatMap(({ blob }) => (blob === null ? [] : [blob])));
}
