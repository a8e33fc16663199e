import type { Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { kindOf } from "./catalogue.ts";
import { deleteByDomain } from "./run-domain.ts";
import { type Each, partOf, type RunDeps } from "./run-steps.ts";
import { deleteFromTable } from "./run-table.ts";
import { markPart, type Part, planPart } from "./store-parts.ts";
import { beginRun, endRun, partTenants, type Run, tenantIds } from "./store-runs.ts";
import type { Tables } from "./tables.ts";

/**
 * Carries out a run: plan (hide), delete each tenant's rows, drop whole partitions, prove that nothing is left. Every
 * step may be cut short and taken again; what is done stays done, and its evidence is written with it. The trouble of
 * one tenant does not hold up the others. Throws when something is left to do; the queue then calls it again.
 */
export async function executeRun(deps: RunDeps, id: string): Promise<void> {
  const run = await beginRun(deps.db, id);
  if (!run || run.state === "done" || run.state === "failed") return;
  const kind = kindOf(run.kind, deps.kinds);
  if (!kind) throw new KontorError("internal", `The catalogue has no kind ${run.kind}`);
  const tenants = run.scope === "all" ? await tenantIds(deps.db) : await partTenants(deps.db, id);
  const troubles = new Map<string, unknown>();
  const each: Each = async (work) => {
    for (const tenant of tenants) {
      if (troubles.has(tenant)) continue;
      await work(tenant).catch((error: unknown) => troubles.set(tenant, error));
    }
  };
  const planned = { ...run, ruledBy: kind.ruledBy ?? kind.name };
  const parts = new Map<string, Part>();
  await each(async (tenant) => {
    parts.set(tenant, await planPart(deps.db, planned, tenant, new Date(deps.clock())));
    deps.onStep(kind.name, { step: "planned", tenant });
  });
  if (kind.place === "table") await deleteFromTable(deps, run, kind, parts, each, tenants);
  else await each((tenant) => deleteByDomain(deps, run, kind, partOf(parts, tenant)));
  await noteTroubles(deps, run, troubles);
  const [first] = troubles;
  if (first) throw new KontorError("unavailable", `Not done for ${[...troubles.keys()].join(", ")}`, {}, first[1]);
  await endRun(deps.db, id, "done", new Date(deps.clock()));
}

async function noteTroubles(deps: RunDeps, run: Run, troubles: ReadonlyMap<string, unknown>): Promise<void> {
  for (const [tenant, error] of troubles) {
    deps.log.warn("A tenant's data could not be deleted; it is tried again", { run: run.id, tenant, error });
    const why = error instanceof Error ? error.message : "failed";
    await deps.db
      .withTenants([tenant], (trx: Transaction<Tables>) => markPart(trx, run.id, tenant, "failed", why))
      .catch((failure: unknown) =>
        deps.log.debug("The trouble was not noted", { run: run.id, tenant, error: failure }),
      );
  }
}
