import { afterAll, beforeAll, expect, test } from "@jest/globals";
import express from "express";
import { sql } from "kysely";
import request from "supertest";
import { z } from "zod";
import { apiRouter, problemHandler } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { realStack, silentLog } from "../test/support/real.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { type AccessReader, accessReader } from "./access.ts";
import { bearerAuthentication } from "./http.ts";
import type { Role } from "./permissions.ts";
import { roleRoutes } from "./role-http.ts";
import { putRole } from "./role-store.ts";
import { principalOf } from "./session-authentication.ts";
import { addTenant } from "./store.ts";
import { tokenRoutes } from "./token-http.ts";
import { tokenReader } from "./token-reader.ts";

/** Roles and tokens as people give them, over the real database. */

const { settings } = realStack();
const redis = openRedis(settings.redis.url, silentLog);
const tenant = "roles-own";
const away = "roles-away";
const [operator, admin, dpo, person, second] = [newId(), newId(), newId(), newId(), newId()];
let scratch: ScratchDatabase;
let access: AccessReader;
let now = Date.now();

beforeAll(async () => {
  scratch = await scratchDatabase();
  await redisReady(redis, 5_000);
  access = accessReader(scratch.db, () => now);
  const people = { contact: "Contact", deputy: "Deputy", partners: [] };
  for (const id of [tenant, away]) {
    await addTenant(scratch.owner, { id, domain: `${id}.example`, name: id, ...people }, new Date(now));
  }
  const held: [string, Role | undefined][] = [
    [operator, "operator"],
    [admin, "tenant-administrator"],
    [dpo, "dpo"],
    [person, undefined],
    [second, "tenant-administrator"],
  ];
  const actor = { who: "test", name: "test", roles: [], reason: "set up", address: undefined, requestId: undefined };
  for (const [id, role] of held) {
    await scratch.owner.withTenants([tenant], (trx) =>
      sql`insert into person (tenant_id, id, localpart, name, created_at)
        values (${tenant}, ${id}, ${id}, ${id}, now())`.execute(trx),
    );
    if (!role) continue;
    const scope = role === "operator" ? null : tenant;
    const grant = { person: { tenant, id }, role, scope, expiresAt: null };
    await putRole(scratch.db, actor, grant, new Date(now), newId);
  }
});

afterAll(async () => {
  redis.disconnect();
  await scratch.drop();
});

/** The routes as a person, or as who has a token. */
function as(who: string) {
  const deps = { db: scratch.db, redis, log: silentLog, clock: () => now, newId, access };
  const tokens = tokenReader(scratch.db, () => now);
  const bearer = bearerAuthentication(scratch.db, () => now, access, tokens);
  const router = apiRouter([...roleRoutes(deps), ...tokenRoutes({ ...deps, tokens })], async (asked) => {
    if (asked.headers.authorization) return bearer(asked);
    const found = await access.read({ tenant, id: who });
    if (!found) throw new Error("nobody");
    return principalOf(found);
  });
  return request(express().use(router, problemHandler(silentLog)));
}

const rolesPath = (who: string, role = "") => `/tenants/${tenant}/people/${who}/roles${role && `/${role}`}`;
const put = (giver: string, to: string, role: string, body: object = { reason: "needed for the work" }) =>
  as(giver).put(rolesPath(to, role)).send(body);

async function auditOf(log: string): Promise<{ action: string; reason: string | null; after: unknown }[]> {
  const { rows } = await scratch.owner.withTenants([log], (trx) =>
    sql<{ action: string; reason: string | null; after: unknown }>`
      select action, reason, after from audit_entry where tenant_id = ${log} order by position`.execute(trx),
  );
  return rows;
}

test("a role is given with a reason, seen at once, taken away, and on record", async () => {
  await put(admin, person, "moderator", {}).expect(400);
  const given = await put(admin, person, "moderator").expect(200);
  expect(given.body.roles).toMatchObject([{ role: "moderator", scope: tenant, reason: "needed for the work" }]);
  expect((await access.read({ tenant, id: person }))?.grants.map(({ role }) => role)).toContain("moderator");
  // Given again it is changed, not doubled.
  const expiresAt = new Date(now + 60_000).toISOString();
  const again = await put(admin, person, "moderator", { reason: "only for now", expiresAt }).expect(200);
  expect(again.body.roles).toMatchObject([{ role: "moderator", expiresAt }]);

  const remove = () => as(admin).delete(rolesPath(person, "moderator"));
  await remove().expect(400);
  await remove().set("X-Reason", "not%20needed").expect(204);
  await remove().set("X-Reason", "not%20needed").expect(404);
  expect((await auditOf(tenant)).slice(-3)).toMatchObject([
    { action: "role:grant", reason: "needed for the work", after: { role: "moderator" } },
    { action: "role:grant", reason: "only for now" },
    { action: "role:grant", reason: "not needed" },
  ]);
});

test("who holds which role is listed page by page, by name or role, for whoever may read it", async () => {
  await put(admin, person, "opener", { reason: "opens the weekly meeting" }).expect(200);
  const seen: [string, string][] = [];
  const pageOfRoles = z.object({
    items: z.array(z.object({ role: z.string(), person: z.object({ id: z.string() }) })),
    next: z.string().nullable(),
  });
  for (let next: string | null = ""; next !== null; ) {
    const query: object = { limit: 2, sort: "-role", ...(next ? { cursor: next } : {}) };
    const answer = await as(dpo).get(`/tenants/${tenant}/roles`).query(query).expect(200);
    const page = pageOfRoles.parse(answer.body);
    expect(page.items.length).toBeLessThanOrEqual(2);
    for (const { role, person } of page.items) seen.push([role, person.id]);
    next = page.next;
  }
  const administrators = [admin, second].sort().reverse();
  expect(seen).toEqual([
    ...administrators.map((id) => ["tenant-administrator", id]),
    ["operator", operator],
    ["opener", person],
    ["dpo", dpo],
  ]);
  const one = await as(dpo).get(`/tenants/${tenant}/roles`).query({ role: "opener" }).expect(200);
  expect(one.body.items).toMatchObject([
    { person: { id: person }, reason: "opens the weekly meeting", expiresAt: null, scope: tenant },
  ]);
  expect(one.body.items[0].grantedBy).toEqual(expect.any(String));
  const none = await as(dpo).get(`/tenants/${tenant}/roles`).query({ text: "no such %" }).expect(200);
  expect(none.body.items).toEqual([]);
  await as(person).get(`/tenants/${tenant}/roles`).expect(403);
  await as(admin).delete(rolesPath(person, "opener")).set("X-Reason", "over%20now").expect(204);
});

test("nobody gives a role to himself, or one above his own", async () => {
  await put(admin, admin, "dpo").expect(403);
  await put(admin, person, "operator").expect(403);
  await put(dpo, person, "user").expect(403);
  await put(operator, operator, "dpo").expect(403);
  await as(admin).delete(rolesPath(operator, "operator")).set("X-Reason", "a%20coup").expect(403);
  await put(admin, newId(), "moderator").expect(404);
});

test("a role for a while ends by itself", async () => {
  await put(admin, person, "opener", { reason: "one day", expiresAt: new Date(now + 1_000).toISOString() }).expect(200);
  const before = now;
  now += 1_000;
  try {
    expect((await access.read({ tenant, id: person }))?.grants.map(({ role }) => role)).toEqual(["user"]);
  } finally {
    now = before;
  }
});

test("a token is shown once, may no more than its maker, and ends", async () => {
  const path = `/tenants/${tenant}/tokens`;
  const body = {
    label: "import",
    scopes: ["token:read", "person:read"],
    expiresAt: new Date(now + 86_400_000).toISOString(),
  };
  const make = (more: object = {}) =>
    as(admin)
      .post(path)
      .send({ ...body, ...more });
  await make({ scopes: ["audit:read"] }).expect(403);
  await make({ scopes: ["own:change"] }).expect(400);
  await make({ expiresAt: new Date(now + 366 * 86_400_000).toISOString() }).expect(400);
  await make({ tenant: null }).expect(400);
  await as(admin).post("/tokens").send(body).expect(403);
  const made = await make().expect(201);
  const { token, id } = made.body;
  const list = await as(admin).get(path).expect(200);
  expect(list.body.items).toMatchObject([{ id, label: "import", revokedAt: null }]);
  expect(list.text).not.toContain(token);
  expect(JSON.stringify(await auditOf(tenant))).not.toContain(token);

  const use = (where = path) => as("").get(where).set("Authorization", `Bearer ${token}`);
  await use().expect(200);
  await use(`/tenants/${away}/tokens`).expect(404);
  await use(rolesPath(person)).expect(403);
  await as("").post(path).set("Authorization", `Bearer ${token}`).send(body).expect(403);

  // What its maker lost, it lost as well.
  await as(operator)
    .delete(rolesPath(admin, "tenant-administrator"))
    .set("X-Reason", "left%20the%20office")
    .expect(204);
  await use().expect(403);
  await put(operator, admin, "tenant-administrator").expect(200);
  await use().expect(200);

  await as(admin).delete(`${path}/${id}`).expect(204);
  await use().expect(401);
  await as(admin).delete(`${path}/${id}`).expect(404);
});
