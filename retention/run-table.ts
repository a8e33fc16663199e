import type { Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { TableKind } from "./catalogue.ts";
import { emptySegment, hashRows, instant, span } from "./core-evidence.ts";
import { type Partition, partitionsToDrop, type Remainder, remainders } from "./core-plan.ts";
import { complete, type Each, factOf, partOf, type RunDeps, untilFree } from "./run-steps.ts";
import { appendEvidence } from "./store-evidence.ts";
import { alone, detach, dropDetached } from "./store-partitions.ts";
import { countRows, type Part } from "./store-parts.ts";
import { anyRowBefore, deleteRows, partitionsOf } from "./store-rows.ts";
import type { Run } from "./store-runs.ts";
import type { Tables } from "./tables.ts";

/** Deletes from a partitioned table: rows of each tenant, whole partitions, then proof that nothing is left. */
export async function deleteFromTable(
  deps: RunDeps,
  run: Run,
  kind: TableKind,
  parts: ReadonlyMap<string, Part>,
  each: Each,
  tenants: readonly string[],
): Promise<void> {
  const partitions = await partitionsOf(deps.db, kind.table);
  // A tenant whose cutoff is unknown keeps every partition.
  const cutoffs = tenants.length === parts.size ? [...parts.values()].map(({ cutoff }) => cutoff) : [];
  const dropped = run.scope === "all" ? partitionsToDrop(partitions, cutoffs) : [];
  await each(async (tenant) => {
    const part = partOf(parts, tenant);
    if (part.state === "done") return;
    for (const remainder of remainders(partitions, dropped, part.cutoff)) {
      await deleteRemainder(deps, run, kind, part, remainder);
    }
    deps.onStep(kind.name, { step: "deleted", tenant });
  });
  // Without its partitions gone no tenant is done.
  await dropPartitions(deps, run, kind, dropped).catch((error: unknown) => each(() => Promise.reject(error)));
  await each((tenant) => prove(deps, run, kind, partOf(parts, tenant)));
}

async function deleteRemainder(deps: RunDeps, run: Run, kind: TableKind, part: Part, remainder: Remainder) {
  const { tenant } = part;
  let after: readonly string[] | undefined;
  for (;;) {
    const gone = await untilFree(deps.signal, () =>
      deps.db.withTenants([tenant], async (trx: Transaction<Tables>) => {
        const rows = await deleteRows(trx, kind.table, tenant, remainder, after, deps.batch);
        if (rows.length === 0) return rows;
        await countRows(trx, run.id, tenant, rows.length);
        await appendEvidence(trx, {
          ...factOf(deps, run, kind, part, remainder.segment),
          ...span(rows.map(({ start }) => start)),
          rowCount: rows.length,
          segmentHash: hashRows(
            emptySegment,
            rows.map(({ hashed }) => hashed),
          ),
          result: "deleted",
        });
        return rows;
      }),
    );
    if (gone.length > 0) deps.onStep(kind.name, { step: "batch", tenant, rows: gone.length });
    if (gone.length < deps.batch) return;
    after = gone.at(-1)?.key;
  }
}

async function dropPartitions(deps: RunDeps, run: Run, kind: TableKind, dropped: readonly Partition[]): Promise<void> {
  if (dropped.length === 0) return;
  // A partition that an earlier try left half detached must be off before the next one can begin.
  const order = [...dropped].sort((a, b) => Number(b.state === "leaving") - Number(a.state === "leaving"));
  await untilFree(deps.signal, () =>
    alone(deps.owner, kind.table, async (session) => {
      for (const partition of order) {
        await untilFree(deps.signal, () => detach(deps.owner, session, kind.table, partition.name));
        deps.onStep(kind.name, { step: "detached", partition: partition.name, rows: 0 });
        const now = new Date(deps.clock());
        const { gone, rows } = await untilFree(deps.signal, () =>
          dropDetached(session, kind, partition, { id: run.id, now }, instant(now)),
        );
        if (!gone) deps.log.warn("A partition stays for now: a row in it is not over", { partition: partition.name });
        else deps.onStep(kind.name, { step: "dropped", partition: partition.name, rows });
      }
    }),
  );
}

async function prove(deps: RunDeps, run: Run, kind: TableKind, part: Part): Promise<void> {
  if (part.state === "done") return;
  const { tenant, cutoff } = part;
  const left = (await partitionsOf(deps.db, kind.table)).filter(
    ({ state, from }) => state !== "attached" && from < cutoff,
  );
  if (left[0]) throw new KontorError("unavailable", `Partition ${left[0].name} is detached, but not dropped yet`);
  await deps.db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    if (await anyRowBefore(trx, kind.table, tenant, cutoff)) {
      throw new KontorError("unavailable", "Rows that began before the cutoff are left");
    }
    await complete(trx, deps, run, kind, part);
  });
  deps.onStep(kind.name, { step: "proven", tenant });
}
