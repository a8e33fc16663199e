import type { Redis } from "ioredis";
import { z } from "zod";
import { xmppDomain } from "../config/prosody/domain.ts";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import { type Caller, cursor, lineOfText, pageOf, pageSchema, type Route, route } from "../platform/http.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { wake } from "../platform/wake.ts";
import { actorOf } from "./audit.ts";
import { effectiveQuotas, ownQuotas, type Quotas } from "./core-quota.ts";
import { tenantChanged } from "./tenant-events.ts";
import { stepTenant, type TenantStep } from "./tenant-life.ts";
import { pageTenants, readTenant } from "./tenant-reads.ts";
import { type TenantRecord, tenantStatuses } from "./tenant-record.ts";
import { changeTenant, createTenant, setPartners } from "./tenant-store.ts";

export interface TenantHttpDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly log: Log;
  /** The installation's. */
  readonly quotas: Quotas;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** The short name of a tenant. */
const tenantId = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
/** The id behind which a page begins. */
const tenantPlace = cursor(tenantId);
/** A line that people read. */
const line = lineOfText(200);
const version = z.int().min(1).describe("The version that was read: a change in between is a conflict.");
const quotas = ownQuotas.default({}).describe("An absent one is the installation's.");
const count = z.int().min(0);

/** What may be said of a new tenant. */
export const newTenant = z.strictObject({
  id: tenantId,
  domain: xmppDomain.max(200).describe("The XMPP domain; never changes."),
  name: line,
  contact: line.describe("Contact person."),
  deputy: line.describe("Deputy of the contact person."),
  quotas,
});

const tenantView = z.object({
  id: z.string(),
  domain: z.string(),
  name: z.string(),
  contact: z.string(),
  deputy: z.string(),
  status: z.enum(tenantStatuses),
  quotas: ownQuotas.describe("The tenant's own."),
  limits: z.object({ people: count, rooms: count, storageBytes: count, links: count, messagesPerMinute: count }),
  partners: z.array(z.string()).describe("Domains this tenant agrees to federate with."),
  federatesWith: z.array(z.string()).describe("Those that agree as well."),
  version: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

const viewWith = (tenant: TenantRecord, defaults: Quotas): z.input<typeof tenantView> => ({
  ...tenant,
  partners: [...tenant.partners],
  federatesWith: [...tenant.federatesWith],
  limits: effectiveQuotas(tenant.quotas, defaults),
  createdAt: tenant.createdAt.toISOString(),
  updatedAt: tenant.updatedAt.toISOString(),
});

/** The REST door of tenants. */
export function tenantRoutes({ db, redis, log, quotas: defaults, clock, newId }: TenantHttpDeps): Route[] {
  const viewOf = (tenant: TenantRecord) => viewWith(tenant, defaults);
  const params = z.object({ tenant: tenantId });
  const changeOf = (caller: Caller) => ({ actor: actorOf(caller), now: new Date(clock()), newId });
  const told = async (tenant: TenantRecord) => {
    await wake(redis, tenantChanged, { tenant: tenant.id }, log);
    return viewOf(tenant);
  };
  const step = (name: TenantStep, summary: string): Route =>
    route({
      method: "post",
      path: `/tenants/{tenant}/${name}`,
      summary,
      scope: name === "close" ? "tenant:close" : "tenant:suspend",
      params,
      response: tenantView,
      problems: ["conflict"],
      handle: async ({ params: { tenant }, caller }) => {
        if (name !== "resume" && !caller.reason) throw new KontorError("bad-request", "Say why: header X-Reason");
        return told(await stepTenant(db, tenant, name, changeOf(caller)));
      },
    });
  return [
    route({
      method: "get",
      path: "/tenants",
      summary: "Tenants, ordered by id",
      scope: "tenant:list",
      query: z.object({
        cursor: tenantPlace.schema.optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
        status: z.enum(tenantStatuses).optional(),
        text: z.string().min(1).max(100).optional().describe("Part of id, domain or name."),
      }),
      response: pageSchema(tenantView),
      handle: async ({ query: { cursor: after, limit, status, text } }) => {
        const rows = await pageTenants(db, { after, limit: limit + 1, status, text });
        return pageOf(rows, limit, viewOf, ({ id }) => tenantPlace.write(id));
      },
    }),
    route({
      method: "post",
      path: "/tenants",
      summary: "Open a tenant; it can be used within seconds",
      scope: "tenant:create",
      body: newTenant,
      status: 201,
      response: tenantView,
      problems: ["conflict"],
      handle: async ({ body, caller }) => told(await createTenant(db, body, changeOf(caller))),
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}",
      summary: "A tenant",
      scope: "tenant:read",
      params,
      response: tenantView,
      handle: async ({ params: { tenant } }) => viewOf(await readTenant(db, tenant)),
    }),
    route({
      method: "put",
      path: "/tenants/{tenant}",
      summary: "Change name, contacts and quotas of a tenant",
      scope: "tenant:change",
      params,
      body: z.strictObject({ version, name: line, contact: line, deputy: line, quotas }),
      response: tenantView,
      problems: ["conflict"],
      handle: async ({ params: { tenant }, body, caller }) =>
        told(await changeTenant(db, tenant, body, changeOf(caller))),
    }),
    route({
      method: "put",
      path: "/tenants/{tenant}/partners",
      summary: "Agree to federate with these tenants; it counts where the other agrees too",
      scope: "tenant:partners",
      params,
      body: z.strictObject({ version, partners: z.array(xmppDomain).max(100) }),
      response: tenantView,
      problems: ["conflict"],
      handle: async ({ params: { tenant }, body, caller }) =>
        told(await setPartners(db, tenant, body, changeOf(caller))),
    }),
    step("suspend", "Suspend a tenant: nobody can sign in, all data stays"),
    step("resume", "Resume a suspended tenant"),
    step("close", "Close a tenant for good; its data goes by the rules of retention"),
  ];
}
