import type { Transaction } from "kysely";
import { listTenants } from "../../identity/index.ts";
import { removeOrphans } from "../../platform/orphans.ts";
import type { Database } from "../../platform/postgres.ts";
import type { Tables } from "../tables.ts";
import type { ExportBytes, ExportDeps } from "./deps.ts";

/** So long bytes without a row are left alone: another worker may be about to commit theirs. */
const GRACE_MS = 3_600_000;
/** So long somebody who comes too late is told what became of an export. */
const KEEP_ROWS_MS = 30 * 86_400_000;

interface SweepDeps extends Pick<ExportDeps, "db" | "clock"> {
  readonly bytes: ExportBytes;
}

/** Removes bytes that no export has, and forgets what became of old exports; of all tenants. It may overlap. */
export async function sweepExports({ db, bytes, clock }: SweepDeps): Promise<void> {
  const before = clock() - GRACE_MS;
  for (const { id: tenant } of await listTenants(db)) {
    await bytes.removeUnfinished(tenant, before);
    await removeOrphans(bytes, tenant, before, (blobs) => knownBlobs(db, tenant, blobs));
    await forgetRows(db, tenant, new Date(clock() - KEEP_ROWS_MS));
  }
}

async function knownBlobs(db: Database, tenant: string, blobs: readonly string[]): Promise<ReadonlySet<string>> {
  if (blobs.length === 0) return new Set();
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_export")
      .select("blob")
      .where("tenant_id", "=", tenant)
      .where("state", "=", "done")
      .where("blob", "in", blobs)
      .execute(),
  );
  return new Set(rows.flatMap(({ blob }) => (blob === null ? [] : [blob])));
}

const forgetRows = (db: Database, tenant: string, before: Date) =>
  db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .deleteFrom("room_export")
      .where("tenant_id", "=", tenant)
      .where("created_at", "<", before)
      .where("state", "in", ["failed", "cancelled", "deleted"])
      .execute(),
  );
