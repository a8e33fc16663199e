/** Our side: the whole HTTP door with a read and an audited write. */

import express from "express";
import type { Transaction } from "kysely";
import { z } from "zod";
import { createApp, failureLimiter } from "../../../gateway/http/index.ts";
import { actorOf, audit } from "../../../identity/audit.ts";
import { bearerAuthentication, pagePeople } from "../../../identity/index.ts";
import { systemClock } from "../../../platform/clock.ts";
import { route } from "../../../platform/http.ts";
import { idempotency } from "../../../platform/idempotency.ts";
import { newId, newRequestId } from "../../../platform/ids.ts";
import { createLog } from "../../../platform/log.ts";
import { createMetrics } from "../../../platform/metrics.ts";
import { openDatabase } from "../../../platform/postgres.ts";
import { openRedis } from "../../../platform/redis.ts";
import { type Order, POOL } from "./protocol.ts";

interface Tables {
  person_group: { tenant_id: string; id: string; name: string; roster: boolean; created_at: Date };
}

const tenant = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const person = z.object({ localpart: z.string(), name: z.string(), roles: z.array(z.string()) });

/** The app as the gateway builds it, with these two routes. */
export function ourApp({ databaseUrl, role, redisUrl }: Order) {
  const log = createLog("bench", "info");
  const db = openDatabase({ url: databaseUrl, role, poolSize: POOL }, log);
  const redis = openRedis(redisUrl, log);
  const clock = systemClock;
  const read = route({
    method: "get",
    path: "/tenants/{tenant}/bench-people",
    summary: "People",
    scope: "person:read",
    params: z.object({ tenant }),
    query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
    response: z.object({ items: z.array(person) }),
    handle: async ({ params, query }) => {
      const rows = await pagePeople(db, params.tenant, { after: undefined, limit: query.limit });
      return { items: rows.map(({ localpart, name, roles }) => ({ localpart, name, roles: [...roles] })) };
    },
  });
  const write = route({
    method: "post",
    path: "/tenants/{tenant}/bench-groups",
    summary: "A group",
    scope: "group:change",
    params: z.object({ tenant }),
    body: z.strictObject({ name: z.string().min(1).max(50), roster: z.boolean().default(false) }),
    status: 201,
    response: z.object({ id: z.uuid(), name: z.string() }),
    handle: async ({ params, body, caller }) => {
      const id = newId();
      const name = `${body.name} ${id}`;
      const now = new Date(clock());
      await db.withTenants([params.tenant], async (trx: Transaction<Tables>) => {
        await trx
          .insertInto("person_group")
          .values({ tenant_id: params.tenant, id, name, roster: body.roster, created_at: now })
          .execute();
        const change = { tenant: params.tenant, action: "group:create", object: `group/${id}`, after: { name } };
        await audit(trx, actorOf(caller), change, now, newId);
      });
      return { id, name };
    },
  });
  return createApp({
    routes: [read, write],
    fileRouter: express.Router(),
    authenticate: bearerAuthentication(db, clock),
    idempotency: idempotency(db, clock),
    failedSignIns: failureLimiter(redis),
    chat: { websocketUrl: "ws://127.0.0.1/x", publicUrl: "http://127.0.0.1", tenants: async () => [] },
    metrics: createMetrics("gateway"),
    ...{ log, clock, newId: newRequestId },
    version: "0.0.0",
  });
}
