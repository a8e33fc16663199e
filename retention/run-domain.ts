import type { Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { DomainKind } from "./catalogue.ts";
import { emptySegment, type Fact, hashRows, instant, span } from "./core-evidence.ts";
import { complete, type DeletedThing, factOf, type RunDeps } from "./run-steps.ts";
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
  const onRecord = (result: Fact["result"], gone: number | readonly DeletedThing[]) =>
    deps.db.withTenants([tenant], async (trx: Transaction<Tables>) => {
      await markPart(trx, run.id, tenant, "running");
      await countRows(trx, run.id, tenant, countOf(gone));
      await appendEvidence(trx, { ...factOf(deps, run, kind, part, kind.name), ...segmentOf(gone), result });
    });
  // Deletion outside the database cannot share its transaction: what is about to happen is on record before it does.
  if (part.state === "waiting") await onRecord("begun", 0);
  for (;;) {
    deps.signal.throwIfAborted();
    const gone = await deleter.deleteBefore(tenant, cutoff, deps.batch);
    if (countOf(gone) === 0) break;
    await onRecord("deleted", gone);
    deps.onStep(kind.name, { step: "batch", tenant, rows: countOf(gone) });
  }
  await deps.db.withTenants([tenant], (trx: Transaction<Tables>) => complete(trx, deps, run, kind, part));
  deps.onStep(kind.name, { step: "proven", tenant });
}

const countOf = (gone: number | readonly DeletedThing[]): number => (typeof gone === "number" ? gone : gone.length);

/** What evidence says of a batch: of each thing where its domain tells them apart, else their number. */
function segmentOf(gone: number | readonly DeletedThing[]): Partial<Fact> & Pick<Fact, "rowCount"> {
  if (typeof gone === "number" || gone.length === 0) return { rowCount: countOf(gone) };
  const starts = gone.map(({ start }) => instant(start));
  const hashed = gone.map((thing) => thing.hashed);
  return { rowCount: gone.length, ...span(starts), segmentHash: hashRows(emptySegment, hashed) };
}
