import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { localActor } from "./audit.ts";
import type { TenantRecord, TenantStatus } from "./tenant-record.ts";
import { type Change, inBoth, locked, update } from "./tenant-store.ts";
import type { TenantTables } from "./tenant-tables.ts";

export type TenantStep = "suspend" | "resume" | "close";

const steps: Readonly<
  Record<TenantStep, { from: readonly TenantStatus[]; to: TenantStatus; same: readonly TenantStatus[] }>
> = {
  suspend: { from: ["active"], to: "suspended", same: ["suspended"] },
  resume: { from: ["suspended"], to: "active", same: ["active"] },
  close: { from: ["active", "suspended"], to: "closing", same: ["closing", "closed"] },
};

/**
 * Suspends, resumes or closes a tenant; to do it again changes nothing. Closing revokes its API tokens, deletes open
 * invitations, what waited for the XMPP server (with passwords in it) and the OpenID provider (with the secret of its
 * client), and ends its consent to partners; the rest stays
 * for export and for deletion by the rules of retention. Throws `not-found`, and `conflict` for a step that is not possible.
 */
export function stepTenant(db: Database, id: string, step: TenantStep, change: Change): Promise<TenantRecord> {
  const { from, to, same } = steps[step];
  return inBoth(
    db,
    id,
    async (trx) => {
      const old = await locked(trx, id);
      if (same.includes(old.status)) return { row: old };
      if (!from.includes(old.status)) {
        throw new KontorError("conflict", `A tenant that is ${old.status} cannot be told to ${step}`);
      }
      const closing = to === "closing";
      if (closing) {
        await trx
          .updateTable("api_token")
          .set({ revoked_at: change.now })
          .where("tenant", "=", id)
          .where("revoked_at", "is", null)
          .execute();
        await trx.deleteFrom("invitation").where("tenant_id", "=", id).execute();
        await trx.deleteFrom("account_task").where("tenant_id", "=", id).execute();
        await trx.deleteFrom("sign_in_provider").where("tenant_id", "=", id).execute();
      }
      const row = await update(trx, old, { status: to, ...(closing ? { partners: [] } : {}) }, change.now);
      return {
        row,
        action: `tenant:${step}`,
        before: { status: old.status, partners: old.partners },
        after: { status: to, partners: row.partners },
      };
    },
    change,
  );
}

/** Tenants whose closing has begun are closed: the XMPP server serves them no more. Gives how many. */
export async function finishClosing(db: Database, change: Omit<Change, "actor">): Promise<number> {
  const closing = await db
    .common<TenantTables>()
    .selectFrom("tenant")
    .select("id")
    .where("status", "=", "closing")
    .limit(100)
    .execute();
  for (const { id } of closing) {
    await inBoth(
      db,
      id,
      async (trx) => {
        const old = await locked(trx, id);
        if (old.status !== "closing") return { row: old };
        const row = await update(trx, old, { status: "closed" }, change.now);
        return { row, action: "tenant:close", before: { status: "closing" }, after: { status: "closed" } };
      },
      { ...change, actor: localActor("job:server-agent") },
    );
  }
  return closing.length;
}
