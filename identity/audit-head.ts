import type { Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import type { AuditTables } from "./audit.ts";

export interface AuditHead {
  /** Of the newest entry; 0 when there is none. */
  readonly position: number;
  readonly signed: { readonly position: number; readonly at: string; readonly keyId: string } | null;
}

/** How far an audit log reaches, and up to where it is signed. */
export function auditHead(db: Database, tenant: string): Promise<AuditHead> {
  return db.withTenants([tenant], async (trx: Transaction<AuditTables>) => {
    const head = await trx
      .selectFrom("audit_chain")
      .select("position")
      .where("tenant_id", "=", tenant)
      .executeTakeFirst();
    const signed = await trx
      .selectFrom("audit_signature")
      .select(["position", "at", "key_id"])
      .where("tenant_id", "=", tenant)
      .orderBy("position", "desc")
      .limit(1)
      .executeTakeFirst();
    return {
      position: head?.position ?? 0,
      signed: signed ? { position: signed.position, at: signed.at.toISOString(), keyId: signed.key_id } : null,
    };
  });
}
