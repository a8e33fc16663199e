import type { Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { DomainKind } from "./catalogue.ts";
import type { Fact } from "./core-evidence.ts";
import { complete, factOf, type RunDeps } from "./run-steps.ts";
import { appendEvidence } from "./store-evidence.ts";
import { countRows, markPart, type Part } from "./store-parts.ts";
import type { Run } from "./store-runs.ts";
import type { Tables } from "./tables.ts";

/** Deletes by the deleter of the domain that owns the data, in batches, each on record. */
export async function deleteByDomain(deps: RunDeps, run: Run, kind: DomainKind, part: Part): Promise<void> {
  if (part.state === "done") return;
  const deleter = deps.deleters.find((candidate) => candidate.kind === kind.name);
  if (!deleter) throw new KontorError("internal", `Nobody deletes ${kind.name}`);
  const { tenant, cutoff } = part;
  const onRecord = (result: Fact["result"], rows: number) =>
    deps.db.withTenants([tenant], async (trx: Transaction<Tables>) => {
      await markPart(trx, run.id, tenant, "running");
      await countRows(trx, run.id, tenant, rows);
      await appendEvidence(trx, { ...factOf(deps, run, kind, part, kind.name), rowCount: rows, result });
    });
  // Deletion outside the database cannot share its transaction: what is about to happen is on record before it does.
  if (part.state === "waiting") await onRecord("begun", 0);
  for (;;) {
    deps.signal.throwIfAborted();
    const rows = await deleter.deleteBefore(tenant, cutoff, deps.batch);
    if (rows === 0) break;
    await onRecord("deleted", rows);
    deps.onStep(kind.name, { step: "batch", tenant, rows });
  }
  await deps.db.withTenants([tenant], (trx: Transaction<Tables>) => complete(trx, deps, run, kind, part));
  deps.onStep(kind.name, { step: "proven", tenant });
}
