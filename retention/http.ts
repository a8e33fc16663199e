import type { Redis } from "ioredis";
import { z } from "zod";
import { actorOf } from "../identity/index.ts";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import { type Route, route } from "../platform/http.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { wake } from "../platform/wake.ts";
import { catalogue } from "./catalogue.ts";
import { results } from "./core-evidence.ts";
import { runAdded } from "./jobs.ts";
import { pageEvidence } from "./store-evidence.ts";
import { addRun, viewRun } from "./store-runs.ts";

export interface RetentionHttpDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly log: Log;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Whether a run may be given a present that is still to come. */
  readonly allowAsOf: boolean;
}

const tenant = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const kind = z.enum(catalogue.map(({ name }) => name));
const time = z.iso.datetime();
const count = z.int().min(0);

const runView = z.object({
  id: z.uuid(),
  kind: z.string(),
  state: z.enum(["waiting", "running", "done", "failed"]),
  asOf: time,
  cutoff: time.nullable().describe("What began before it goes; null until the run has begun."),
  rows: count.describe("Deleted so far of this tenant."),
  problem: z.string().nullable(),
  createdAt: time,
  finishedAt: time.nullable(),
});

const evidenceRow = z.object({
  position: z.int().min(1),
  previous: z.string(),
  hash: z.string().describe("SHA-256 over the canonical JSON of the other members, with the tenant."),
  class: z.string(),
  kind: z.string(),
  cutoff: time,
  segment: z.string(),
  rowCount: count,
  oldest: time.nullable(),
  newest: time.nullable(),
  segmentHash: z.string().nullable(),
  runId: z.uuid(),
  result: z.enum(results),
  at: time,
});

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** The REST door of retention: runs on request, how they stand, and the evidence of a tenant. */
export function retentionRoutes({ db, redis, log, clock, newId, allowAsOf }: RetentionHttpDeps): Route[] {
  return [
    route({
      method: "post",
      path: "/tenants/{tenant}/retention/runs",
      summary: "Delete now what is over of one kind of data of a tenant",
      scope: "retention:run",
      params: z.object({ tenant }),
      body: z.strictObject({
        kind,
        asOf: z.iso.datetime({ offset: true }).optional().describe("The instant whose cutoffs hold, else now."),
      }),
      status: 202,
      response: z.object({ id: z.uuid() }),
      problems: ["too-many"],
      handle: async ({ params, body, caller }) => {
        const now = new Date(clock());
        const asOf = body.asOf === undefined ? now : new Date(body.asOf);
        if (asOf > now && !allowAsOf) {
          throw new KontorError("forbidden", "asOf lies ahead: that is for demos and tests (retention.allowAsOf)");
        }
        const id = newId();
        await addRun(db, { id, tenant: params.tenant, kind: body.kind, asOf }, now, { actor: actorOf(caller), newId });
        await wake(redis, runAdded, { run: id }, log);
        return { id };
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/retention/runs/{run}",
      summary: "How a run stands",
      scope: "retention:read",
      params: z.object({ tenant, run: z.uuid() }),
      response: runView,
      handle: async ({ params }) => {
        const { id, kind, state, asOf, cutoff, rows, problem, createdAt, finishedAt } = await viewRun(
          db,
          params.tenant,
          params.run,
        );
        const times = { asOf: asOf.toISOString(), cutoff: iso(cutoff), createdAt: createdAt.toISOString() };
        return { id, kind, state, rows, problem, ...times, finishedAt: iso(finishedAt) };
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/retention/evidence",
      summary: "What was deleted, in the order of the tenant's chain of evidence",
      scope: "retention:read",
      params: z.object({ tenant }),
      query: z.object({
        after: z.coerce.number().int().min(0).default(0).describe("The position behind which the page begins."),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      response: z.object({
        items: z.array(evidenceRow),
        next: z.int().nullable().describe("`after` of the next page."),
      }),
      handle: async ({ params, query }) => {
        const rows = await pageEvidence(db, params.tenant, query.after, query.limit);
        const items = rows.map(({ tenant: _tenant, ...item }) => item);
        return { items, next: rows.length < query.limit ? null : (rows.at(-1)?.position ?? null) };
      },
    }),
  ];
}
