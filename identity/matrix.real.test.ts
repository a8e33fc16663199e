import { afterAll, beforeAll, expect, test } from "@jest/globals";
import express, { type Express } from "express";
import { sql } from "kysely";
import { RateLimiterMemory } from "rate-limiter-flexible";
import request from "supertest";
import { apiParts } from "../cli/commands/gateway.ts";
import { createApp } from "../gateway/http/index.ts";
import { type Door, isDoor, type Route } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { createMetrics } from "../platform/metrics.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { silentLog as log, realStack } from "../test/support/real.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { accessReader, isAction } from "./access.ts";
import { cookieName } from "./core-session-cookie.ts";
import { installationRoles, may, permissions, type Role, roles } from "./permissions.ts";
import { csrfOf, sessionStore } from "./session-store.ts";
import { addTenant } from "./store.ts";
import { tokenReader } from "./token-reader.ts";

/** Every route of the API as every role, in the own and in another tenant, against the table of permissions. */

const { settings } = realStack();
const redis = openRedis(settings.redis.url, log);
const [own, other] = ["matrix-own", "matrix-other"];
let scratch: ScratchDatabase;
let app: Express;
/** Those that ask for an action. */
let routes: readonly Exclude<Route, Door>[];
let doors: readonly Door[];
const sessionOf = new Map<Role, string>();

beforeAll(async () => {
  scratch = await scratchDatabase();
  await redisReady(redis, 5_000);
  const { db } = scratch;
  const now = new Date();
  for (const id of [own, other]) {
    const people = { contact: "Contact", deputy: "Deputy", partners: [] };
    await addTenant(scratch.owner, { id, domain: `${id}.example`, name: id, ...people }, now);
  }
  const sessions = sessionStore(redis, Date.now);
  for (const role of roles) {
    const id = newId();
    const scope = installationRoles.includes(role) ? null : own;
    await scratch.owner.withTenants([own], async (trx) => {
      await sql`insert into person (tenant_id, id, localpart, name, created_at)
        values (${own}, ${id}, ${role}, ${role}, ${now})`.execute(trx);
      await sql`insert into role_grant (tenant_id, person_id, role, scope, granted_by, created_at)
        values (${own}, ${id}, ${role}, ${scope}, 'test', ${now})`.execute(trx);
    });
    sessionOf.set(role, await sessions.start({ tenant: own, id }));
  }
  const access = accessReader(db, Date.now);
  const parts = apiParts({
    settings,
    log,
    db,
    redis,
    clock: Date.now,
    access,
    tokens: tokenReader(db, Date.now),
  });
  routes = parts.routes.filter((each) => !isDoor(each));
  doors = parts.routes.filter(isDoor);
  app = createApp({
    ...parts,
    fileRouter: express.Router(),
    failedSignIns: new RateLimiterMemory({ points: 1_000_000, duration: 60 }),
    chat: { websocketUrl: settings.xmpp.websocketUrl, publicUrl: settings.http.publicUrl, tenants: async () => [] },
    metrics: createMetrics("test"),
    log,
    clock: Date.now,
    newId,
    version: "0",
  });
});

afterAll(async () => {
  for (const id of sessionOf.values()) await sessionStore(redis, Date.now).end(id);
  redis.disconnect();
  await scratch.drop();
});

/** A request that whoever may make it sees refused for its query alone, so that nothing is done. */
async function ask({ method, path }: Route, tenant: string, role?: Role) {
  const filled = path.replaceAll("{tenant}", tenant).replaceAll(/\{\w+\}/g, newId());
  const sent = request(app)[method](`/api/v1${filled}?no-parameter-of-ours=1`);
  const id = role === undefined ? undefined : sessionOf.get(role);
  if (id === undefined) return sent;
  return sent.set({ Cookie: `${cookieName(settings.http.publicUrl)}=${id}`, "X-CSRF-Token": csrfOf(id) });
}

test("every route asks for an action of the table", () => {
  expect(routes.length).toBeGreaterThan(10);
  const unknown = routes.filter(({ scope }) => !isAction(scope));
  expect(unknown.map(({ method, path, scope }) => `${method} ${path}: ${scope}`)).toEqual([]);
});

test("routes without an action are these, and no others", () => {
  expect(doors.map(({ scope, method, path }) => `${scope}: ${method} ${path}`)).toEqual([
    "open: post /session",
    "session: get /session",
    "session: delete /session",
    "session: delete /sessions",
    "open: post /invitations/look",
    "open: post /invitations/accept",
    "open: get /oidc/offer",
    "open: post /oidc/start",
  ]);
});

test("nobody gets anywhere without signing in", async () => {
  const open: string[] = [];
  for (const each of routes) {
    const { status } = await ask(each, own);
    if (status !== 401) open.push(`${each.method} ${each.path}: ${status}`);
  }
  expect(open).toEqual([]);
});

test.each(roles)("%s may do what the table says, nothing else", async (role) => {
  const grants = [
    { role: "user", scope: own },
    { role, scope: installationRoles.includes(role) ? null : own },
  ] as const;
  const wrong: string[] = [];
  let allowed = 0;
  for (const each of routes) {
    const { method, path, scope } = each;
    if (!isAction(scope)) throw new Error(`${scope} is no action`);
    const ofTenant = path.includes("{tenant}");
    for (const tenant of ofTenant ? [own, other] : [own]) {
      const mine = may(grants, scope, ofTenant ? tenant : undefined);
      // Another tenant's path does not exist for who belongs to one.
      const hidden = ofTenant && tenant === other && !installationRoles.includes(role);
      const refusal = hidden ? 404 : 403;
      const { status } = await ask(each, tenant, role);
      if (status !== (mine ? 400 : refusal)) wrong.push(`${method} ${path} of ${tenant}: ${status}`);
      if (mine) allowed += 1;
    }
  }
  expect(wrong).toEqual([]);
  expect(allowed).toBeGreaterThan(0);
});

test("every role may do something", () => {
  const named = new Set<Role>(Object.values(permissions).flat());
  expect(roles.filter((role) => !named.has(role))).toEqual([]);
});

test("the application role sees no row of any tenant unless a transaction names it", async () => {
  const { rows: tables } = await sql<{ name: string; protected: boolean; readable: boolean }>`
    select c.oid::regclass::text as name, c.relrowsecurity as protected,
      has_table_privilege('kontor_app', c.oid, 'select') as readable
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where a.attname = 'tenant_id' and not a.attisdropped and c.relkind in ('r', 'p')
      and c.relnamespace = 'public'::regnamespace
    order by 1`.execute(scratch.owner.common());
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(["person", "role_grant", "audit_entry"]));
  const unprotected = tables.filter((table) => table.readable && !table.protected);
  expect(unprotected).toEqual([]);
  const seen: string[] = [];
  for (const { name } of tables.filter(({ readable }) => readable)) {
    const count = async (tenants: readonly string[]) => {
      // A row of no tenant is a default of the installation.
      const query = sql<{
        rows: number;
      }>`select count(*)::int as rows from ${sql.raw(name)} where tenant_id is not null`;
      return (await scratch.db.withTenants(tenants, (trx) => query.execute(trx))).rows[0]?.rows;
    };
    if ((await count([])) !== 0) seen.push(name);
    if (name === "person") expect(await count([own])).toBe(roles.length);
  }
  expect(seen).toEqual([]);
  await expect(
    scratch.db.withTenants([other], async (trx) => {
      await sql`insert into person (tenant_id, id, localpart, name, created_at)
      values (${own}, ${newId()}, 'stranger', 'Stranger', now())`.execute(trx);
    }),
  ).rejects.toThrow(/row-level security/);
});
