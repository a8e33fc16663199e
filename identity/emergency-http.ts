import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { type Caller, type Route, route } from "../platform/http.ts";
import { wake } from "../platform/wake.ts";
import type { PersonRef } from "./access.ts";
import { accessChanged, glassBroken } from "./access-events.ts";
import { actorOf } from "./audit.ts";
import { emergencyRole, endEmergency, listEmergencies, takeEmergency } from "./emergency-store.ts";
import { roles } from "./permissions.ts";
import type { RoleRouteDeps } from "./role-http.ts";
import { findTenant } from "./store.ts";

const MINUTE_MS = 60_000;
const time = z.iso.datetime();
const params = z.object({ tenant: z.string().min(1).max(63) });

/** An operator's access for an emergency, and what the tenant learns of it. */
export function emergencyRoutes({ db, redis, log, clock, newId, access }: RoleRouteDeps): Route[] {
  const changed = async ({ tenant, id }: PersonRef) => {
    access.forget(tenant, id);
    await wake(redis, accessChanged, { tenant, person: id }, log);
  };
  return [
    route({
      method: "post",
      path: "/tenants/{tenant}/break-glass",
      summary: "Take a tenant administrator's access for a while, in an emergency; the tenant's DPO is told",
      scope: "tenant:break-glass",
      params,
      body: z.strictObject({
        reason: z.string().trim().min(10).max(500).describe("Why: the tenant's DPO reads it."),
        minutes: z.int().min(5).max(240).default(60).describe("How long it lasts."),
      }),
      status: 201,
      response: z.object({ role: z.enum(roles), scope: z.string(), expiresAt: time }),
      problems: ["conflict"],
      handle: async ({ params: { tenant }, body: { reason, minutes }, caller }) => {
        const person = personOf(caller);
        if (!(await findTenant(db, tenant))) throw new KontorError("not-found", "There is no such tenant");
        const now = new Date(clock());
        const until = new Date(+now + minutes * MINUTE_MS);
        await takeEmergency(db, actorOf(caller), { person, tenant, reason, until }, now, newId);
        const expiresAt = until.toISOString();
        log.warn("An operator has taken emergency access", {
          ...{ class: "audit", tenant, person: person.id, until: expiresAt, reason, requestId: caller.requestId },
        });
        await changed(person);
        await wake(redis, glassBroken, { tenant, person: person.id, until: expiresAt }, log);
        return { role: emergencyRole, scope: tenant, expiresAt };
      },
    }),
    route({
      method: "delete",
      path: "/tenants/{tenant}/break-glass",
      summary: "Give one's emergency access back before its time",
      scope: "tenant:break-glass",
      params,
      status: 204,
      handle: async ({ params: { tenant }, caller }) => {
        const person = personOf(caller);
        await endEmergency(db, actorOf(caller), { person, tenant }, new Date(clock()), newId);
        await changed(person);
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/break-glass",
      summary: "Which operators have or had emergency access to a tenant; the 100 that ended last",
      scope: "tenant:emergencies",
      params,
      response: z.object({
        items: z.array(
          z.object({
            id: z.uuid(),
            name: z.string(),
            reason: z.string(),
            since: time,
            until: time,
            endedAt: time.nullable().describe("When it was given back before its time."),
            running: z.boolean(),
          }),
        ),
      }),
      handle: async ({ params: { tenant } }) => {
        const now = clock();
        return {
          items: (await listEmergencies(db, tenant)).map(({ since, until, endedAt, ...rest }) => ({
            ...rest,
            since: since.toISOString(),
            until: until.toISOString(),
            endedAt: endedAt?.toISOString() ?? null,
            running: endedAt === null && +until > now,
          })),
        };
      },
    }),
  ];
}

function personOf({ principal: { person } }: Caller): PersonRef {
  if (!person) throw new KontorError("forbidden", "Emergency access is for people: sign in");
  return { tenant: person.tenant, id: person.id };
}
