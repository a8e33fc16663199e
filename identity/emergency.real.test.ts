import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import express from "express";
import { sql } from "kysely";
import request from "supertest";
import { exportRooms } from "../messaging/index.ts";
import { apiRouter, problemHandler } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { realStack, silentLog } from "../test/support/real.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { type AccessReader, accessReader } from "./access.ts";
import { emergencyRoutes } from "./emergency-http.ts";
import type { Role } from "./permissions.ts";
import { roleRoutes } from "./role-http.ts";
import { putRole } from "./role-store.ts";
import { principalOf } from "./session-authentication.ts";
import { addTenant } from "./store.ts";
import { tenantExportRoutes } from "./tenant-export-http.ts";

/** What an operator may in an emergency, and what the tenant sees of it; over the real database. */

const { settings } = realStack();
const redis = openRedis(settings.redis.url, silentLog);
const home = "emergency-home";
const reason = "the administrator of the tenant cannot be reached";
const [operator, helper, auditor] = [newId(), newId(), newId()];
const lines: string[] = [];
const write = (message: string, fields = {}) => void lines.push(JSON.stringify([message, fields]));
const log: Log = { ...silentLog, warn: write, with: () => log };
let scratch: ScratchDatabase;
let access: AccessReader;
let now = Date.now();
/** The tenant that is entered: a new one for each test, with its administrator, DPO and user. */
let away: string;
let admin: string;
let dpo: string;
let user: string;

const actor = { who: "test", name: "test", roles: [], reason: "set up", address: undefined, requestId: undefined };

async function makeTenant(id: string): Promise<void> {
  const people = { contact: "Contact", deputy: "Deputy", partners: [] };
  await addTenant(scratch.owner, { id, domain: `${id}.example`, name: id, ...people }, new Date(now));
}

async function makePerson(tenant: string, id: string, role: Role | undefined, scope: string | null): Promise<string> {
  await scratch.owner.withTenants([tenant], (trx) =>
    sql`insert into person (tenant_id, id, localpart, name, created_at)
      values (${tenant}, ${id}, ${id}, ${`Name of ${role}`}, now())`.execute(trx),
  );
  if (role)
    await putRole(scratch.db, actor, { person: { tenant, id }, role, scope, expiresAt: null }, new Date(), newId);
  return id;
}

beforeAll(async () => {
  scratch = await scratchDatabase();
  await redisReady(redis, 5_000);
  access = accessReader(scratch.db, () => now);
  await makeTenant(home);
  await makePerson(home, operator, "operator", null);
  await makePerson(home, helper, "operator", null);
  await makePerson(home, auditor, "auditor", null);
});

let count = 0;
beforeEach(async () => {
  count += 1;
  away = `emergency-${count}`;
  await makeTenant(away);
  [admin, dpo, user] = [newId(), newId(), newId()];
  await makePerson(away, admin, "tenant-administrator", away);
  await makePerson(away, dpo, "dpo", away);
  await makePerson(away, user, undefined, away);
});

afterAll(async () => {
  redis.disconnect();
  await scratch.drop();
});

/** The routes as a person of a tenant. */
function as(id: string, tenant = home) {
  const deps = { db: scratch.db, redis, log, clock: () => now, newId, access };
  const parts = [{ kind: "room", pages: (of: string) => exportRooms(scratch.db, of) }];
  const routes = [...roleRoutes(deps), ...emergencyRoutes(deps), ...tenantExportRoutes({ ...deps, parts })];
  const router = apiRouter(routes, async () => {
    const found = await access.read({ tenant, id });
    if (!found) throw new Error("nobody");
    return principalOf(found);
  });
  return request(express().use(router, problemHandler(silentLog)));
}

const path = () => `/tenants/${away}/break-glass`;
const take = (who = operator, body: object = { reason }) => as(who).post(path()).send(body);
const peopleRoles = () => as(operator).get(`/tenants/${away}/people/${user}/roles`);
const seenBy = async (who: string, tenant = away) => (await as(who, tenant).get(path()).expect(200)).body.items;

async function at<T>(later: number, work: () => Promise<T>): Promise<T> {
  now += later;
  try {
    return await work();
  } finally {
    now -= later;
  }
}

async function auditOf(tenant: string) {
  const { rows } = await scratch.owner.withTenants([tenant], (trx) =>
    sql<{ action: string; reason: string | null; before: unknown; after: unknown }>`
      select action, reason, before, after from audit_entry where tenant_id = ${tenant} order by position`.execute(trx),
  );
  return rows;
}

test("it is for operators, with a reason and for a while", async () => {
  await as(admin, away).post(path()).send({ reason }).expect(403);
  await as(admin, away).post(`/tenants/${home}/break-glass`).send({ reason }).expect(404);
  await as(auditor).post(path()).send({ reason }).expect(403);
  for (const body of [{}, { reason: "why" }, { reason, minutes: 0 }, { reason, minutes: 241 }, { reason, role: "dpo" }])
    await take(operator, body).expect(400);
  await as(operator).post("/tenants/nowhere/break-glass").send({ reason }).expect(404);
  await peopleRoles().expect(403);
  expect(await seenBy(dpo)).toEqual([]);
});

test("it opens the tenant's administration until its end, to the moment", async () => {
  const taken = await take(operator, { reason, minutes: 15 }).expect(201);
  expect(Date.parse(taken.body.expiresAt) - now).toBe(15 * 60_000);
  await peopleRoles().expect(200);
  await at(15 * 60_000 - 1, () => peopleRoles().expect(200));
  await at(15 * 60_000, () => peopleRoles().expect(403));
  await as(helper).get(`/tenants/${away}/people/${user}/roles`).expect(403);
});

test("who protects the tenant's data sees who, why, since and until; another tenant sees nothing", async () => {
  await take().expect(201);
  const entry = {
    ...{ name: "Name of operator", reason, running: true, endedAt: null },
    ...{ since: new Date(now).toISOString(), until: new Date(now + 3_600_000).toISOString() },
  };
  expect(await seenBy(dpo)).toMatchObject([entry]);
  expect(await seenBy(admin)).toMatchObject([entry]);
  expect(await seenBy(auditor, home)).toMatchObject([entry]);
  await as(user, away).get(path()).expect(403);
  const here = away;
  away = "emergency-1";
  await as(dpo, here).get(path()).expect(404);
  away = here;
  expect(await at(3_600_000, () => seenBy(dpo))).toMatchObject([{ running: false, endedAt: null }]);
  for (const tenant of [away, "-"]) {
    expect((await auditOf(tenant)).at(-1)).toMatchObject({ action: "tenant:break-glass", reason });
  }
  expect(lines.join()).toContain("An operator has taken emergency access");
});

test("it is given back early by who took it", async () => {
  await as(operator).delete(path()).expect(404);
  await take().expect(201);
  await as(helper).delete(path()).expect(404);
  await as(operator).delete(path()).expect(204);
  await peopleRoles().expect(403);
  await as(operator).delete(path()).expect(404);
  expect(await seenBy(dpo)).toMatchObject([{ running: false, endedAt: new Date(now).toISOString() }]);
  for (const tenant of [away, "-"]) {
    expect((await auditOf(tenant)).at(-1)).toMatchObject({
      action: "tenant:break-glass",
      before: { role: "tenant-administrator" },
    });
  }
});

test("taken anew it replaces what runs; a role held for good is left alone", async () => {
  await take().expect(201);
  await take(operator, { reason: "it takes longer than thought", minutes: 5 }).expect(201);
  const seen = await seenBy(dpo);
  expect(seen.map(({ running }: { running: boolean }) => running)).toEqual([true, false]);
  await at(5 * 60_000, () => peopleRoles().expect(403));

  const person = { tenant: home, id: helper };
  await putRole(
    scratch.db,
    actor,
    { person, role: "tenant-administrator", scope: away, expiresAt: null },
    new Date(now),
    newId,
  );
  access.forget(home);
  await take(helper).expect(409);
  await as(helper).delete(path()).expect(404);
  await as(helper).get(`/tenants/${away}/people/${user}/roles`).expect(200);
});

test("a tenant's export holds its people, groups, roles, rooms and log, each line of a kind, and is on record", async () => {
  const room = newId();
  await scratch.owner.withTenants([away], async (trx) => {
    await sql`insert into room (tenant_id, id, name, config, subject, created_at) values
      (${away}, ${room}, 'saal', '{"title":"Saal","listed":true,"history":0}', '{"text":"geheim"}', now())`.execute(
      trx,
    );
    await sql`insert into person_group (tenant_id, id, name, created_at)
      values (${away}, ${newId()}, 'Gruppe', now())`.execute(trx);
    // More than a page of them.
    await sql`insert into person (tenant_id, id, localpart, name, created_at)
      select ${away}, gen_random_uuid(), 'p' || n, 'P', now() from generate_series(1, 600) n`.execute(trx);
  });
  const get = (who: string, tenant = away) => as(who, tenant).get(`/tenants/${away}/export`);
  await get(dpo).set("X-Reason", "mine%20too").expect(403);
  await get(admin).expect(400);
  await get(admin, away).set("X-Reason", "before%20closing").expect(200);
  const { text, headers } = await get(operator, home)
    .set("X-Reason", "before%20closing")
    .buffer(true)
    .parse((response, done) => {
      let all = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        all += piece;
      });
      response.on("end", () => done(null, all));
    })
    .expect(200)
    .then((response) => ({ text: String(response.body), headers: response.headers }));
  expect(headers["content-disposition"]).toContain(`tenant-${away}.ndjson`);
  const rows = text
    .trim()
    .split("\n")
    .map((line): { kind: string; [name: string]: unknown } => JSON.parse(line));
  const of = (kind: string) => rows.filter((row) => row.kind === kind);
  expect(of("tenant")).toMatchObject([{ id: away, domain: `${away}.example` }]);
  expect(new Set(of("person").map(({ localpart }) => localpart)).size).toBe(603);
  expect(of("role")).toHaveLength(2);
  expect(of("group")).toMatchObject([{ name: "Gruppe", members: [] }]);
  expect(of("room")).toMatchObject([{ name: "saal", affiliations: [] }]);
  expect(text).not.toContain("geheim");
  const actions = of("audit").map(({ action }) => action);
  expect(actions.filter((action) => action === "tenant:export")).toHaveLength(2);
  const counts = Object.fromEntries(["tenant", "person", "role", "room"].map((kind) => [kind, of(kind).length]));
  expect(rows.at(-1)).toMatchObject({ kind: "end", counts });
  expect((await auditOf(away)).filter(({ action }) => action === "tenant:export").at(-1)?.reason).toBe(
    "before closing",
  );
});
