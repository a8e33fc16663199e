import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { type ChainVerification, type Head, verifyChain } from "../platform/hash-chain.ts";
import type { Database } from "../platform/postgres.ts";
import { type Fact, fault, genesis, type Instant, type Link, link } from "./core-evidence.ts";
import type { Tables } from "./tables.ts";

/** The chains of evidence: written in the transaction that deletes, read in pages, verified as a whole. */

/** Text of an instant with its microseconds, as the chain hashes it. */
export const instantText = (column: RawBuilder<unknown>): RawBuilder<Instant> =>
  sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const instantOrNull = (column: string): RawBuilder<Instant | null> => instantText(sql.ref(column));

/** Puts a fact at the end of its tenant's chain. Its head stays locked until the transaction ends: append last. */
export async function appendEvidence(trx: Transaction<Tables>, fact: Fact): Promise<void> {
  const { tenant } = fact;
  const begin = genesis(tenant);
  await trx
    .insertInto("retention_chain")
    .values({ tenant_id: tenant, ...begin })
    .onConflict((conflict) => conflict.column("tenant_id").doNothing())
    .execute();
  const head = await trx
    .selectFrom("retention_chain")
    .select(["position", "hash"])
    .where("tenant_id", "=", tenant)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const next = link(head, fact);
  await trx.insertInto("retention_evidence").values(rowOf(next)).execute();
  await trx
    .updateTable("retention_chain")
    .set({ position: next.position, hash: next.hash })
    .where("tenant_id", "=", tenant)
    .execute();
}

const rowOf = ({ tenant, rowCount, segmentHash, runId, ...same }: Link): Tables["retention_evidence"] => ({
  ...same,
  tenant_id: tenant,
  row_count: rowCount,
  segment_hash: segmentHash,
  run_id: runId,
});

const links = (db: Kysely<Tables>, tenant: string): SelectQueryBuilder<Tables, "retention_evidence", Link> =>
  db
    .selectFrom("retention_evidence")
    .select([
      "tenant_id as tenant",
      "position",
      "previous",
      "hash",
      "class",
      "kind",
      "segment",
      "row_count as rowCount",
    ])
    .select(["segment_hash as segmentHash", "run_id as runId", "result"])
    .select([instantOrNull("oldest").as("oldest"), instantOrNull("newest").as("newest")])
    .select([instantText(sql.ref("cutoff")).as("cutoff"), instantText(sql.ref("at")).as("at")])
    .where("tenant_id", "=", tenant)
    .orderBy("position");

/** A tenant's evidence behind `after` (0: from the first), in the order of its chain. */
export async function pageEvidence(db: Database, tenant: string, after: number, limit: number): Promise<Link[]> {
  return db.withTenants([tenant], (trx: Transaction<Tables>) =>
    links(trx, tenant).where("position", ">", after).limit(limit).execute(),
  );
}

export interface Verification {
  readonly rows: number;
  readonly tenants: number;
  /** The first broken row of each chain that is broken. */
  readonly broken: readonly { readonly tenant: string; readonly position: number; readonly why: string }[];
}

/**
 * Recomputes every chain from the database. `db` is the owner's: one that row-level security holds for would see
 * nothing and find nothing wrong, so it is refused (`forbidden`).
 */
export async function verifyEvidence(db: Database): Promise<Verification> {
  const common = db.common<Tables>();
  const active = await sql<{ hidden: boolean }>`select row_security_active('retention_evidence') as hidden`.execute(
    common,
  );
  if (active.rows[0]?.hidden !== false) throw new KontorError("forbidden", "Verifying needs the owner's connection");
  const chains = await common
    .selectFrom("retention_chain")
    .select("tenant_id")
    .union(common.selectFrom("retention_evidence").select("tenant_id"))
    .orderBy("tenant_id")
    .execute();
  const broken: Verification["broken"][number][] = [];
  let rows = 0;
  for (const { tenant_id: tenant } of chains) {
    const chain = await verifyTenant(common, tenant);
    rows += chain.rows;
    if (chain.broken) broken.push({ tenant, ...chain.broken });
  }
  return { rows, tenants: chains.length, broken };
}

const verifyTenant = (db: Kysely<Tables>, tenant: string): Promise<ChainVerification> =>
  verifyChain<Link>({
    genesis: genesis(tenant),
    page: (after, limit) => links(db, tenant).where("position", ">", after).limit(limit).execute(),
    head: () => storedHead(db, tenant),
    fault,
  });

const storedHead = (db: Kysely<Tables>, tenant: string): Promise<Head | undefined> =>
  db.selectFrom("retention_chain").select(["position", "hash"]).where("tenant_id", "=", tenant).executeTakeFirst();
