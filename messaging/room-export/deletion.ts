/** What retention carries out on finished exports. */
import { sql, type Transaction } from "kysely";
import { z } from "zod";
import type { Database } from "../../platform/postgres.ts";
import type { Tables } from "../tables.ts";
import type { ExportBytes } from "./deps.ts";
import { KIND } from "./store.ts";

interface DeletionDeps {
  readonly db: Database;
  readonly bytes: Pick<ExportBytes, "remove">;
}

const found = z.array(
  z.object({ id: z.uuid(), blob: z.uuid(), finishedAt: z.date(), size: z.number(), sha256: z.string() }),
);

/**
 * Deletes the ZIPs of a tenant that were finished before a cutoff, and those whose room or tenant is no more or may keep
 * no archive. Bytes go
 * first and their row is marked after: if it stops in between, the row is found again. What evidence says of each is
 * its id, size and hash.
 */
export function exportDeletion({ db, bytes }: DeletionDeps) {
  return {
    kind: KIND,
    deleteBefore: async (tenant: string, cutoff: Date, limit: number) => {
      const over = await db.withTenants([tenant], async (trx: Transaction<Tables>) => {
        const { rows } = await sql`
          select export.id, blob, finished_at as "finishedAt", size, sha256 from room_export as export
          join tenant on tenant.id = export.tenant_id
          left join room on room.tenant_id = export.tenant_id and room.id = export.room_id
          left join room_rules on room_rules.tenant_id = export.tenant_id
          where export.tenant_id = ${tenant} and export.state = 'done' and (
            finished_at < ${cutoff} or room.id is null or room.ended_at is not null
            or tenant.status in ('closing', 'closed') or (room_rules.rules ->> 'archive')::boolean is false)
          order by finished_at, export.id limit ${limit}`.execute(trx);
        return found.parse(rows);
      });
      for (const { blob } of over) await bytes.remove({ tenant, blob });
      await markDeleted(
        db,
        tenant,
        over.map(({ id }) => id),
      );
      return over.map(({ id, finishedAt, size, sha256 }) => ({
        start: finishedAt,
        hashed: [id, String(size), sha256],
      }));
    },
    oldest: async (tenants: readonly string[]): Promise<Date | undefined> => {
      if (tenants.length === 0) return undefined;
      const row = await db.withTenants(tenants, (trx: Transaction<Tables>) =>
        trx
          .selectFrom("room_export")
          .select("finished_at")
          .where("tenant_id", "in", tenants)
          .where("state", "=", "done")
          .orderBy("finished_at")
          .limit(1)
          .executeTakeFirst(),
      );
      return row?.finished_at ?? undefined;
    },
  };
}

async function markDeleted(db: Database, tenant: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .updateTable("room_export")
      .set((row) => ({ state: "deleted", blob: null, version: row("version", "+", 1) }))
      .where("tenant_id", "=", tenant)
      .where("id", "in", ids)
      .execute(),
  );
}
