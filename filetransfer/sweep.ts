import { listTenants } from "../identity/index.ts";
import type { FileDeps } from "./deps.ts";
import { knownBlobs, removeUnusedSlots } from "./store.ts";

/** Milliseconds without a byte after which an upload is broken off. */
export const IDLE_MS = 60_000;

/**
 * Milliseconds for which bytes without a row are left alone. Far above what lies between the last byte of a running
 * upload and its next one, or its commit: another process may be in the middle of it.
 */
const GRACE_MS = 60 * IDLE_MS;
const BATCH = 500;

export interface Swept {
  /** Slots that nobody used in time. */
  readonly slots: number;
  /** Beginnings of uploads whose process died. */
  readonly unfinished: number;
  /** Complete bytes whose commit never came. */
  readonly orphans: number;
}

/** Removes what broken uploads left, of all tenants. Run it at the start of a process and every hour; it may overlap. */
export async function sweepFiles(deps: Pick<FileDeps, "db" | "bytes" | "clock" | "log">): Promise<Swept> {
  const now = deps.clock();
  const swept = { slots: 0, unfinished: 0, orphans: 0 };
  for (const { id: tenant } of await listTenants(deps.db)) {
    swept.slots += await removeUnusedSlots(deps.db, tenant, now);
    swept.unfinished += await deps.bytes.removeUnfinished(tenant, now - GRACE_MS);
    swept.orphans += await removeOrphans(deps, tenant, now - GRACE_MS);
  }
  deps.log.debug("Leftovers of uploads were swept", swept);
  return swept;
}

async function removeOrphans(deps: Pick<FileDeps, "db" | "bytes">, tenant: string, before: number): Promise<number> {
  let removed = 0;
  let batch: string[] = [];
  const flush = async () => {
    const known = await knownBlobs(deps.db, tenant, batch);
    const orphans = batch.filter((blob) => !known.has(blob));
    for (const blob of orphans) await deps.bytes.remove({ tenant, blob });
    removed += orphans.length;
    batch = [];
  };
  for await (const { blob, writtenAt } of deps.bytes.list(tenant)) {
    if (writtenAt >= before) continue;
    batch.push(blob);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  return removed;
}
