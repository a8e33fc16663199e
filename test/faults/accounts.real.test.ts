/** People whose XMPP server is frozen or away: what is asked for is kept, visibly pending, and carried out in order. */
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import express from "express";
import type { Redis } from "ioredis";
import { sql } from "kysely";
import request from "supertest";
import { z } from "zod";
import { signIn } from "../../cli/client/xmpp-client.ts";
import { loadSettings, readIfThere } from "../../config/settings.ts";
import { invitationRoutes } from "../../identity/invitation-http.ts";
import { invitationThrottle } from "../../identity/invitation-throttle.ts";
import { peopleRoutes } from "../../identity/people-http.ts";
import { ensureRoom } from "../../messaging/index.ts";
import { apiRouter, problemHandler } from "../../platform/http.ts";
import { newId } from "../../platform/ids.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { tokenFor } from "../support/principal.ts";
import { eventually, silentLog } from "../support/real.ts";
import { killAndKeepDown, openWorld, type World } from "./world.ts";

const PATIENCE_MS = 60_000;
const passwords = ["wolke tisch ampel", "lampe brücke regal", "kanne wiese dach"] as const;
const [first, second, third] = passwords;
let world: World;
let redis: Redis;
const app = express();
let tenant = "";
let domain = "";

beforeAll(async () => {
  world = await openWorld();
  [{ id: tenant, domain } = { id: "", domain: "" }] = world.stack.demo.tenants;
  const settings = loadSettings(world.stack.env, readIfThere);
  redis = openRedis(settings.redis.url, silentLog);
  await redisReady(redis, 5_000);
  const { quotas, http, xmpp } = settings;
  const base = { db: world.db, redis, log: silentLog, quotas, clock: Date.now, newId };
  const deps = { ...base, secret: xmpp.secret, publicUrl: http.publicUrl };
  const routes = [...peopleRoutes(deps), ...invitationRoutes({ ...deps, throttle: invitationThrottle(redis) })];
  const may = ["person:read", "person:create", "person:change", "person:delete"] as const;
  app.use(apiRouter(routes, async () => tokenFor(tenant, ...may)));
  app.use(problemHandler(silentLog));
}, 120_000);
afterAll(async () => {
  redis?.disconnect();
  await world?.close();
}, 60_000);

const people = (rest = "") => `/tenants/${tenant}/people${rest}`;
const made = z.object({ id: z.string() });
const linked = z.object({ link: z.string() });

async function add(localpart: string): Promise<string> {
  const body = { localpart, name: `Frau ${localpart}`, password: first };
  return made.parse((await request(app).post(people()).send(body).expect(201)).body).id;
}
async function reset(id: string, password: string): Promise<void> {
  const { body } = await request(app)
    .post(people(`/${id}/password-reset`))
    .expect(201);
  const token = new URL(linked.parse(body).link).hash.slice(1);
  await request(app).post("/invitations/accept").send({ token, password }).expect(200);
}
/** How the account is said to be, or "gone". */
async function account(id: string): Promise<string> {
  const { status, body } = await request(app).get(people(`/${id}`));
  return status === 404 ? "gone" : z.object({ account: z.string() }).parse(body).account;
}
const becomes = (id: string, wanted: string) =>
  eventually(async () => ((await account(id)) === wanted ? true : undefined), `the account ${wanted}`, PATIENCE_MS);
const enter = async (localpart: string, password: string) => {
  const { host, port } = world.stack.demo.xmpp;
  await (await signIn({ host, port, jid: `${localpart}@${domain}`, password })).stop();
};
/** Makes somebody the owner of rooms; gives what counts the ties. */
async function tie(localpart: string): Promise<() => Promise<number>> {
  const jid = `${localpart}@${domain}`;
  for (const name of ["zz-ties-one", "zz-ties-two"]) {
    const room = await ensureRoom(world.db, tenant, name, newId, new Date());
    await world.db.withTenants([tenant], (trx) =>
      sql`insert into room_affiliation (tenant_id, room_id, jid, affiliation)
        values (${tenant}, ${room}, ${jid}, 'owner')`.execute(trx),
    );
  }
  return async () => {
    const { rows } = await world.db.withTenants([tenant], (trx) =>
      sql`select from room_affiliation where tenant_id = ${tenant} and jid = ${jid}`.execute(trx),
    );
    return rows.length;
  };
}
/** What was carried out at the server, oldest first. */
async function carriedOut(id: string): Promise<string[]> {
  const { rows } = await world.db.withTenants([tenant], (trx) =>
    sql<{ action: string }>`select action from audit_entry where tenant_id = ${tenant} and object = ${`person/${id}`}
      and action like 'account:%' order by position`.execute(trx),
  );
  return rows.map(({ action }) => action);
}

it("frozen: creating, resetting, disabling and deleting wait, through a kill of the components, and keep their order", async () => {
  const [shut, gone] = [await add("shut"), await add("gone")];
  await Promise.all([becomes(shut, "present"), becomes(gone, "present")]);
  const tied = await tie("gone");

  await world.stack.kill("prosody", "SIGSTOP");
  const fresh = await add("fresh");
  await reset(fresh, second);
  await reset(shut, second);
  await request(app)
    .post(people(`/${shut}/disable`))
    .expect(202);
  await request(app)
    .delete(people(`/${gone}`))
    .expect(202);
  for (const id of [fresh, shut]) expect(await account(id)).toBe("pending");
  // One of the tasks is under way just now: nobody answers, and then nobody waits any more.
  await world.stack.kill("components", "SIGKILL");
  await reset(fresh, third);
  for (const id of [fresh, shut]) expect(await account(id)).toBe("pending");
  expect(await carriedOut(fresh)).toEqual([]);

  await world.stack.kill("prosody", "SIGCONT");
  await Promise.all([becomes(fresh, "present"), becomes(shut, "present"), becomes(gone, "gone")]);
  await enter("fresh", third);
  for (const password of [first, second]) await expect(enter("fresh", password)).rejects.toThrow(/not-authorized/);
  for (const password of passwords) await expect(enter("shut", password)).rejects.toThrow(/not-authorized/);
  await expect(enter("gone", first)).rejects.toThrow(/not-authorized/);
  expect(await carriedOut(fresh)).toEqual(["account:create", "account:password", "account:password"]);
  expect(await carriedOut(shut)).toEqual(["account:create", "account:password", "account:disable"]);
  expect(await carriedOut(gone)).toEqual(["account:create", "account:delete"]);
  // The owner of the rooms died meanwhile: the next one has ended what was tied to the name, which is free now.
  expect(await tied()).toBe(0);
  await becomes(await add("gone"), "present");
  expect(await tied()).toBe(0);
}, 150_000);

it("away: a person is pending until the server is back, and then complete", async () => {
  const { release } = await killAndKeepDown(world, "prosody");
  const late = await add("late");
  expect(await account(late)).toBe("pending");
  release();
  await becomes(late, "present");
  await enter("late", first);
}, 120_000);
