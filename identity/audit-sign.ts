import type { Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import { type AuditTables, INSTALLATION } from "./audit.ts";
import type { AuditSigner, SignedHead } from "./core-audit-signature.ts";
import { listTenants } from "./store.ts";

/** Signs the head of a chain unless it is signed already or there is none; gives what was signed. */
async function signHead(db: Database, signer: AuditSigner, tenant: string, now: Date): Promise<SignedHead | undefined> {
  return db.withTenants([tenant], async (trx: Transaction<AuditTables>) => {
    const head = await trx
      .selectFrom("audit_chain")
      .select(["position", "hash"])
      .where("tenant_id", "=", tenant)
      .executeTakeFirst();
    if (!head || head.position === 0) return undefined;
    const signed = { tenant, ...head, at: now.toISOString() };
    const { signature, keyId } = signer.sign(signed);
    const { numInsertedOrUpdatedRows = 0n } = await trx
      .insertInto("audit_signature")
      .values({ tenant_id: tenant, ...head, signature, key_id: keyId, at: now })
      .onConflict((conflict) => conflict.columns(["tenant_id", "position"]).doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows > 0n ? signed : undefined;
  });
}

/** Signs the heads of all chains; gives those that were not signed before. */
export async function signHeads(db: Database, signer: AuditSigner, now: Date): Promise<SignedHead[]> {
  const signed: SignedHead[] = [];
  for (const tenant of [INSTALLATION, ...(await listTenants(db)).map(({ id }) => id)]) {
    const head = await signHead(db, signer, tenant, now);
    if (head) signed.push(head);
  }
  return signed;
}
