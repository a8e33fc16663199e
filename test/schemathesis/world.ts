import type { Server } from "node:http";
import express from "express";
import { sql } from "kysely";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { apiParts } from "../../cli/commands/gateway.ts";
import { createApp } from "../../gateway/http/index.ts";
import { accessReader } from "../../identity/access.ts";
import { cookieName, sessionStore, tokenReader } from "../../identity/index.ts";
import { roles } from "../../identity/permissions.ts";
import { csrfOf } from "../../identity/session-store.ts";
import { addTenant, addToken } from "../../identity/store.ts";
import { tokenActions } from "../../identity/token-http.ts";
import { openPersonalArchive } from "../../messaging/index.ts";
import { listen } from "../../platform/health.ts";
import { idempotency } from "../../platform/idempotency.ts";
import { newId, newRequestId } from "../../platform/ids.ts";
import { createMetrics } from "../../platform/metrics.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { newSecret } from "../../platform/secrets.ts";
import { silentLog as log, realStack } from "../support/real.ts";
import { ownRooms } from "../support/rooms-owner.ts";
import { scratchDatabase } from "../support/scratch-database.ts";

const tenants = { token: "fuzz-token", session: "fuzz-session", operator: "fuzz-operator", ender: "fuzz-ender" };

/** Of the stack's Redis a database of its own: no counter, queue or session of the running processes is touched. */
const REDIS_DATABASE = 9;

const COUNTED =
  /^kontor_http_request_seconds_count\{.*method="(\w+)",route="(\/api\/v1\/(?!openapi)[^"]+)",status="(\d+)".*\} (\d+)$/gm;

/** The API over a database of its own, on a port; failed sign-ins turn nobody away, so that answers are seen. */
export async function apiWorld() {
  const { settings } = realStack();
  const scratch = await scratchDatabase();
  const redisUrl = new URL(settings.redis.url);
  redisUrl.pathname = `/${REDIS_DATABASE}`;
  const redis = openRedis(redisUrl.href, log);
  await redisReady(redis, 5_000);
  await redis.flushdb();
  const { db, owner } = scratch;
  const now = new Date();
  for (const id of Object.values(tenants)) {
    const people = { contact: "Contact", deputy: "Deputy", partners: [] };
    await addTenant(owner, { id, domain: `${id}.example`, name: id, ...people }, now);
  }
  const token = async (tenant: string | null) => {
    const secret = newSecret("kontor");
    const expiresAt = new Date(now.getTime() + 3_600_000);
    await addToken(owner, { id: newId(), token: secret, tenant, label: "test", scopes: tokenActions, expiresAt }, now);
    return [`Authorization: Bearer ${secret}`];
  };
  const person = newId();
  await owner.withTenants([tenants.session], async (trx) => {
    await sql`insert into person (tenant_id, id, localpart, name, created_at)
      values (${tenants.session}, ${person}, 'all', 'All', ${now})`.execute(trx);
    for (const role of roles.filter((each) => !["operator", "ordering-person", "auditor"].includes(each))) {
      await sql`insert into role_grant (tenant_id, person_id, role, scope, granted_by, created_at)
        values (${tenants.session}, ${person}, ${role}, ${tenants.session}, 'test', ${now})`.execute(trx);
    }
  });
  const session = await sessionStore(redis, Date.now).start({ tenant: tenants.session, id: person });
  const cookie = `Cookie: ${cookieName(settings.http.publicUrl)}=${session}`;
  const access = accessReader(db, Date.now);
  const lines: unknown[] = [];
  const noting = { ...log, error: (message: string, fields: object = {}) => void lines.push({ message, ...fields }) };
  const archive = openPersonalArchive(settings.archive, log);
  const api = { settings, log, db, redis, clock: Date.now, access, tokens: tokenReader(db, Date.now), archive };
  const disown = await ownRooms(
    db,
    redis,
    Object.values(tenants).map((id) => ({ id, domain: `${id}.example` })),
    settings.files.folder,
  );
  const parts = apiParts(api);
  const metrics = createMetrics("test");
  const kept = idempotency(db, Date.now);
  const app = createApp({
    ...parts,
    fileRouter: express.Router(),
    // Each request has its own keys: the same few are tried for all bodies, and would hide what these are answered.
    idempotency: { once: (asked, run) => kept.once({ ...asked, principal: newId() }, run) },
    failedSignIns: new RateLimiterMemory({ points: 1_000_000, duration: 60 }),
    chat: { websocketUrl: settings.xmpp.websocketUrl, publicUrl: settings.http.publicUrl, tenants: async () => [] },
    metrics,
    log: { ...noting, with: () => noting },
    clock: Date.now,
    newId: newRequestId,
    version: "0",
  });
  const server: Server = await listen(app, { host: "127.0.0.1", port: 0 });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** What was logged as an error: each is a defect. */
    errors: lines,
    callers: {
      token: { tenant: tenants.token, headers: await token(tenants.token) },
      session: { tenant: tenants.session, headers: [cookie, `X-CSRF-Token: ${csrfOf(session)}`] },
      operator: { tenant: tenants.operator, headers: await token(null) },
      ender: { tenant: tenants.ender, headers: await token(null) },
      nobody: { tenant: tenants.token, headers: [] },
    },
    /** Operations that were answered with success, of how many, and how often there was which status. */
    seen: async () => {
      const answered = new Set<string>();
      const statuses = new Map<string, number>();
      const text = await metrics.registry.metrics();
      for (const [, method, route, status = "", count] of text.matchAll(COUNTED)) {
        if (status.startsWith("2")) answered.add(`${method} ${route}`);
        statuses.set(status, (statuses.get(status) ?? 0) + Number(count));
      }
      return { answered, statuses, operations: parts.routes.length };
    },
    close: async () => {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await disown();
      await redis.flushdb();
      redis.disconnect();
      await archive?.close();
      await scratch.drop();
    },
  };
}
