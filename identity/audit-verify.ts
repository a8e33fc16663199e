import type { KeyObject } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { verifyChain } from "../platform/hash-chain.ts";
import type { Database } from "../platform/postgres.ts";
import type { AuditTables } from "./audit.ts";
import { type AuditEntry, auditFault, auditGenesis } from "./core-audit.ts";
import { signatureFault } from "./core-audit-signature.ts";

export interface AuditVerification {
  readonly rows: number;
  readonly signatures: number;
  readonly chains: number;
  /** The first broken row of each chain that is broken. */
  readonly broken: readonly { readonly tenant: string; readonly position: number; readonly why: string }[];
}

/**
 * Recomputes every chain (or that of one tenant) from the database and checks the signatures of its heads with these
 * public keys. `db` is the owner's: one that row-level security holds for would see nothing and find nothing wrong, so
 * it is refused (`forbidden`). Throws `not-found` for a tenant without a chain.
 */
export async function verifyAudit(
  db: Database,
  keys: ReadonlyMap<string, KeyObject>,
  only?: string,
): Promise<AuditVerification> {
  const common = db.common<AuditTables>();
  const active = await sql<{ hidden: boolean }>`select row_security_active('audit_entry') as hidden`.execute(common);
  if (active.rows[0]?.hidden !== false) throw new KontorError("forbidden", "Verifying needs the owner's connection");
  const all = await common
    .selectFrom("audit_chain")
    .select("tenant_id")
    .union(common.selectFrom("audit_entry").select("tenant_id"))
    .union(common.selectFrom("audit_signature").select("tenant_id"))
    .orderBy("tenant_id")
    .execute();
  const chains = all.map(({ tenant_id }) => tenant_id).filter((tenant) => only === undefined || tenant === only);
  if (only !== undefined && chains.length === 0) throw new KontorError("not-found", `${only} has no audit log`);
  const broken: AuditVerification["broken"][number][] = [];
  let [rows, signatures] = [0, 0];
  for (const tenant of chains) {
    const chain = await verifyChain<AuditEntry>({
      genesis: auditGenesis(tenant),
      page: (after, limit) => entries(common, tenant, after, limit),
      head: () =>
        common
          .selectFrom("audit_chain")
          .select(["position", "hash"])
          .where("tenant_id", "=", tenant)
          .executeTakeFirst(),
      fault: auditFault,
    });
    const signed = await verifySignatures(common, tenant, keys);
    rows += chain.rows;
    signatures += signed.count;
    const faults = [chain.broken, signed.broken].filter((fault) => fault !== undefined);
    const [first] = faults.sort((a, b) => a.position - b.position);
    if (first) broken.push({ tenant, ...first });
  }
  return { rows, signatures, chains: chains.length, broken };
}

type Fault = { readonly position: number; readonly why: string };

/** All signatures of a chain: what was signed must still stand there. */
async function verifySignatures(
  db: Kysely<AuditTables>,
  tenant: string,
  keys: ReadonlyMap<string, KeyObject>,
): Promise<{ readonly count: number; readonly broken?: Fault }> {
  const signed = await db
    .selectFrom("audit_signature as s")
    .leftJoin("audit_entry as e", (join) =>
      join.onRef("e.tenant_id", "=", "s.tenant_id").onRef("e.position", "=", "s.position"),
    )
    .select(["s.position", "s.hash", "s.signature", "s.key_id as keyId", "s.at", "e.hash as now"])
    .where("s.tenant_id", "=", tenant)
    .orderBy("s.position")
    .execute();
  for (const { position, hash, signature, keyId, at, now } of signed) {
    const why =
      signatureFault({ tenant, position, hash, at: at.toISOString() }, { signature, keyId }, keys) ??
      (now === null ? "it was signed and is missing" : undefined) ??
      (now === hash ? undefined : "it is not what was signed");
    if (why) return { count: signed.length, broken: { position, why } };
  }
  return { count: signed.length };
}

/** Entries as the chain hashed them. Times keep their microseconds, so that a change of these alone is seen as well. */
async function entries(db: Kysely<AuditTables>, tenant: string, after: number, limit: number): Promise<AuditEntry[]> {
  const columns = ["position", "previous", "hash", "roles", "action", "object", "before", "after"] as const;
  const rows = await db
    .selectFrom("audit_entry")
    .select([...columns, "actor", "reason", "address", "request_id as requestId"])
    .select(sql<string>`to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as("time"))
    .where("tenant_id", "=", tenant)
    .where("position", ">", after)
    .orderBy("position")
    .limit(limit)
    .execute();
  return rows.map(({ time, ...row }) => ({ tenant, at: time.replace(/000Z$/, "Z"), ...row }));
}
