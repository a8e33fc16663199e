import type { Redis } from "ioredis";
import { z } from "zod";
import { type Caller, cursor, Download, download, pageOf, pageSchema, type Route, route } from "../platform/http.ts";
import type { Log } from "../platform/log.ts";
import { wake } from "../platform/wake.ts";
import { actorOf, INSTALLATION } from "./audit.ts";
import { auditHead } from "./audit-head.ts";
import { signingAsked } from "./audit-jobs.ts";
import { type AuditFilter, type AuditReading, exportAudit, searchAudit } from "./audit-search.ts";
import { csvOf, jsonOf } from "./core-audit-export.ts";

export interface AuditHttpDeps extends AuditReading {
  readonly redis: Redis;
  readonly log: Log;
}

const tenant = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const instant = z.iso.datetime({ offset: true });
const text = z.string().min(1).max(200);

const filter = {
  from: instant.optional().describe("From this instant on."),
  to: instant.optional().describe("Up to before this instant."),
  actor: text.optional().describe("A pseudonym, the id of who acted, or a part of the name."),
  action: text.optional().describe("How the action begins, such as `person:`."),
  object: text.optional().describe("How the object begins, such as `person/`."),
};

const place = cursor(z.strictObject({ search: z.int().min(1), before: z.int().min(1) }));
const search = z.object({
  ...filter,
  cursor: place.schema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const exporting = z.object({ ...filter, format: z.enum(["csv", "json"]).default("csv") });

const entry = z.object({
  position: z.int().min(1),
  at: z.iso.datetime(),
  actor: z.object({ id: z.uuid(), name: z.string().nullable().describe("Null once the person's data was erased.") }),
  roles: z.array(z.string()),
  action: z.string(),
  object: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  reason: z.string().nullable(),
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  hash: z.string(),
});
const page = pageSchema(entry);
const head = z.object({
  position: z.int().min(0).describe("Of the newest entry."),
  signed: z
    .object({ position: z.int().min(1), at: z.iso.datetime(), keyId: z.string() })
    .nullable()
    .describe("The newest signed head: what stands up to it cannot be rewritten unseen."),
});
const types = ["text/csv", "application/json"] as const;

/** The REST door of the audit log: of each tenant, and of what concerns the installation. */
export function auditRoutes(deps: AuditHttpDeps): Route[] {
  const found = async (of: string, { cursor: from, limit, ...asked }: z.output<typeof search>, caller: Caller) => {
    const { rows, search: logged } = await searchAudit(deps, of, asked, { place: from, limit }, actorOf(caller));
    return pageOf(
      rows,
      limit,
      (row) => row,
      ({ position }) => place.write({ search: logged, before: position }),
    );
  };
  const exported = (of: string, { format, ...asked }: z.output<typeof exporting>, caller: Caller): Download => {
    const pages = exportAudit(deps, of, asked satisfies AuditFilter, format, actorOf(caller));
    const name = `audit${of === INSTALLATION ? "" : `-${of}`}.${format}`;
    return format === "csv"
      ? new Download("text/csv; charset=utf-8", name, csvOf(pages))
      : new Download("application/json", name, jsonOf(pages));
  };
  const common = { scope: "audit:read" as const };
  const read = { ...common, method: "get" as const, query: search, response: page };
  const take = { ...common, method: "get" as const, query: exporting, response: download, downloads: types };
  const heads = { ...common, method: "get" as const, response: head };
  return [
    route({
      ...heads,
      path: "/tenants/{tenant}/audit/head",
      summary: "How far the audit log of a tenant reaches and is signed",
      params: z.object({ tenant }),
      handle: ({ params }) => auditHead(deps.db, params.tenant),
    }),
    route({
      ...heads,
      path: "/audit/head",
      summary: "How far the audit log of the installation reaches and is signed",
      handle: () => auditHead(deps.db, INSTALLATION),
    }),
    route({
      ...read,
      path: "/tenants/{tenant}/audit",
      summary: "Search the audit log of a tenant, newest first; the search is logged",
      params: z.object({ tenant }),
      handle: ({ params, query, caller }) => found(params.tenant, query, caller),
    }),
    route({
      ...take,
      path: "/tenants/{tenant}/audit/export",
      summary: "Take the audit log of a tenant along; the export is logged",
      params: z.object({ tenant }),
      handle: async ({ params, query, caller }) => exported(params.tenant, query, caller),
    }),
    route({
      ...read,
      path: "/audit",
      summary: "Search the audit log of the installation, newest first; the search is logged",
      handle: ({ query, caller }) => found(INSTALLATION, query, caller),
    }),
    route({
      ...take,
      path: "/audit/export",
      summary: "Take the audit log of the installation along; the export is logged",
      handle: async ({ query, caller }) => exported(INSTALLATION, query, caller),
    }),
    route({
      ...common,
      method: "post",
      path: "/audit/signatures",
      summary: "Have the heads of all audit logs signed now",
      status: 202,
      response: z.object({ asked: z.literal(true) }),
      handle: async () => {
        await wake(deps.redis, signingAsked, {}, deps.log);
        return { asked: true as const };
      },
    }),
  ];
}
