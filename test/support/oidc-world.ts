import { createServer } from "node:http";
import express from "express";
import { sql } from "kysely";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { apiParts } from "../../cli/commands/gateway.ts";
import { createApp } from "../../gateway/http/index.ts";
import { accessReader } from "../../identity/access.ts";
import { csrfOf, sessionStore } from "../../identity/session-store.ts";
import { addTenant } from "../../identity/store.ts";
import { tokenReader } from "../../identity/token-reader.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import { createMetrics } from "../../platform/metrics.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { type OpenIdProvider, openIdProvider } from "./openid-provider.ts";
import { realStack, silentLog } from "./real.ts";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.ts";

export const TENANT = "oidc-amt";
export const DOMAIN = "oidc-amt.example";

export interface OidcWorld {
  readonly scratch: ScratchDatabase;
  readonly redis: ReturnType<typeof openRedis>;
  /** Of the gateway. */
  readonly base: string;
  readonly provider: OpenIdProvider;
  /** What the gateway logs. */
  readonly lines: string[];
  /** Milliseconds by which the gateway's clock is ahead. */
  ahead: number;
  /** Adds a person and gives the id. */
  addPerson(localpart: string, more?: { role?: string; status?: string; email?: string }): Promise<string>;
  become(localpart: string, status: string): Promise<void>;
  /** A session of a person. */
  session(id: string): Promise<string>;
  /** Calls the API as a person. */
  as(id: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** A gateway and an OpenID provider of the test's own, over a database of its own and the stack's Redis. */
export async function oidcWorld(allowLocalProviders = true): Promise<OidcWorld> {
  const { settings: real } = realStack();
  const scratch = await scratchDatabase();
  const redis = openRedis(real.redis.url, silentLog);
  await redisReady(redis, 5_000);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the gateway has no port");
  const base = `http://127.0.0.1:${address.port}`;
  const settings = { ...real, http: { ...real.http, publicUrl: base }, signIn: { allowLocalProviders } };
  const lines: string[] = [];
  const write = (message: string, fields = {}) => void lines.push(JSON.stringify([message, fields]));
  const log: Log = { error: write, warn: write, info: write, debug: write, with: () => log };
  const people = { contact: "Contact", deputy: "Deputy", partners: [] };
  await addTenant(scratch.owner, { id: TENANT, domain: DOMAIN, name: "Amt", ...people }, new Date());
  const provider = await openIdProvider([`${base}/api/v1/oidc/${TENANT}/callback`]);
  let ahead = 0;
  const clock = () => Date.now() + ahead;
  const { db } = scratch;
  const sessions = sessionStore(redis, clock);
  const access = accessReader(db, clock);
  const app = createApp({
    ...apiParts({ settings, log, db, redis, clock, access, tokens: tokenReader(db, clock) }),
    fileRouter: express.Router(),
    failedSignIns: new RateLimiterMemory({ points: 1_000_000, duration: 60 }),
    chat: { websocketUrl: settings.xmpp.websocketUrl, publicUrl: base, tenants: async () => [] },
    metrics: createMetrics("test"),
    log,
    clock,
    newId,
    version: "0",
  });
  server.on("request", app);
  return {
    scratch,
    redis,
    base,
    provider,
    lines,
    get ahead() {
      return ahead;
    },
    set ahead(ms: number) {
      ahead = ms;
    },
    addPerson: async (localpart, { role, status = "active", email } = {}) => {
      const id = newId();
      await scratch.owner.withTenants([TENANT], async (trx) => {
        await sql`insert into person (tenant_id, id, localpart, name, status, email, created_at)
          values (${TENANT}, ${id}, ${localpart}, ${localpart}, ${status}, ${email ?? null}, now())`.execute(trx);
        if (role === undefined) return;
        await sql`insert into role_grant (tenant_id, person_id, role, scope, granted_by, created_at)
          values (${TENANT}, ${id}, ${role}, ${TENANT}, 'test', now())`.execute(trx);
      });
      return id;
    },
    become: async (localpart, status) => {
      await scratch.owner.withTenants([TENANT], (trx) =>
        sql`update person set status = ${status} where tenant_id = ${TENANT} and localpart = ${localpart}`.execute(trx),
      );
      access.forget(TENANT);
    },
    session: (id) => sessions.start({ tenant: TENANT, id }),
    as: async (id, method, path, body, headers = {}) => {
      const session = await sessions.start({ tenant: TENANT, id });
      const sent = { cookie: `kontor-session=${session}`, "x-csrf-token": csrfOf(session), ...headers };
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      const type = { "content-type": "application/json" };
      return fetch(`${base}/api/v1${path}`, { method, headers: { ...type, ...sent }, ...content });
    },
    close: async () => {
      await provider.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      redis.disconnect();
      await scratch.drop();
    },
  };
}
