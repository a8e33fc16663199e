import { listTenants } from "../identity/index.ts";
import { removeOrphans } from "../platform/orphans.ts";
import type { FileDeps } from "./deps.ts";
import { knownBlobs, removeUnusedSlots } from "./store.ts";

/** Milliseconds without a byte after which an upload is broken off. */
export const IDLE_MS = 60_000;

/**
 * Milliseconds for which bytes without a row are left alone. Far above what lies between the last byte of a running
 * upload and its next one, or its commit: another process may be in the middle of it.
 */
const GRACE_MS = 60 * IDLE_MS;

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
    swept.orphans += await removeOrphans(deps.bytes, tenant, now - GRACE_MS, (blobs) =>
      knownBlobs(deps.db, tenant, blobs),
    );
  }
  deps.log.debug("Leftovers of uploads were swept", swept);
  return swept;
}
