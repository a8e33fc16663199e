import { afterAll, beforeAll, expect, test } from "@jest/globals";
import express, { type Express } from "express";
import { sql } from "kysely";
import request, { type Response } from "supertest";
import { z } from "zod";
import { apiRouter, problemHandler, route } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { openTestDatabase, personOf, realStack, silentLog } from "../test/support/real.ts";
import { accessReader } from "./access.ts";
import { bearerAuthentication } from "./http.ts";
import { sessionAuthentication } from "./session-authentication.ts";
import { sessionRoutes } from "./session-http.ts";
import { IDLE_MS, SESSION_MS, sessionStore } from "./session-store.ts";
import { signInBounds, signInThrottle } from "./sign-in-throttle.ts";
import { xmppPasswordCheck } from "./sign-in-xmpp.ts";

const { demo, settings } = realStack();
const db = openTestDatabase();
const owner = openTestDatabase("owner");
const redis = openRedis(settings.redis.url, silentLog);
const publicUrl = "http://console.example";
const server = { host: demo.xmpp.host, port: demo.xmpp.port };
const [tenant] = demo.tenants;
const { jid, password } = personOf(demo, 0, 0);
let now = Date.now();

/** The doors of one gateway, with counters of its own, and what it logs. */
function world(xmpp = server) {
  const lines: string[] = [];
  const write = (message: string, fields = {}) => void lines.push(JSON.stringify([message, fields]));
  const log: Log = { ...silentLog, info: write, warn: write, with: () => log };
  const access = accessReader(db, () => now);
  const deps = { sessions: sessionStore(redis, () => now), access, publicUrl };
  const throttle = signInThrottle(redis, `test:${newId()}`);
  const doors = sessionRoutes({ ...deps, db, log, throttle, checkPassword: xmppPasswordCheck(xmpp) });
  const change = route({
    method: "post",
    path: "/change",
    summary: "A change",
    scope: "own:change",
    response: z.object({ who: z.string() }),
    handle: async ({ caller }) => ({ who: caller.principal.person?.localpart ?? "" }),
  });
  const authenticate = sessionAuthentication(
    deps,
    bearerAuthentication(db, () => now, access),
  );
  const app = express().use(apiRouter([...doors, change], authenticate), problemHandler(silentLog));
  return { app, lines, access };
}

const signIn = (app: Express, body: object = { jid, password }) => request(app).post("/session").send(body);
const cookieOf = (response: Response) => response.get("Set-Cookie")?.[0]?.split(";")[0] ?? "";

beforeAll(() => redisReady(redis, 5_000));
afterAll(async () => {
  redis.disconnect();
  await Promise.all([db.close(), owner.close()]);
});

test("who signs in is known, may change with the CSRF token, and is a stranger after signing out", async () => {
  const { app, lines } = world();
  const signed = await signIn(app).expect(201);
  expect(signed.get("Set-Cookie")?.[0]).toMatch(/^kontor-session=[\w-]{43};.*Path=\/;.*HttpOnly; SameSite=Lax$/);
  expect(signed.body).toMatchObject({ person: { tenant: tenant?.id, localpart: jid.split("@")[0] } });
  expect(signed.body.actions).toContain("own:read");
  expect(signed.body.roles).toContain("tenant-administrator");
  const Cookie = cookieOf(signed);
  const me = await request(app).get("/session").set({ Cookie }).expect(200);
  expect(me.body).toEqual(signed.body);

  const csrf = { Cookie, "X-CSRF-Token": me.body.csrf };
  await request(app)
    .post("/change")
    .set(csrf)
    .expect(200, { who: jid.split("@")[0] });
  await request(app).delete("/session").set(csrf).expect(204);
  await request(app).get("/session").set({ Cookie }).expect(401);
  await request(app).post("/change").set(csrf).expect(401);
  expect(lines.join()).toContain("Signed in");
  expect(lines.join()).not.toContain(password);
});

test("a change from elsewhere is refused", async () => {
  const { app } = world();
  const signed = await signIn(app).expect(201);
  const Cookie = cookieOf(signed);
  const csrf = { Cookie, "X-CSRF-Token": signed.body.csrf };
  const change = (headers: object) =>
    request(app)
      .post("/change")
      .set({ ...headers });
  await change({ Cookie }).expect(403);
  await change({ Cookie, "X-CSRF-Token": `${signed.body.csrf}x` }).expect(403);
  await change({ ...csrf, Origin: "https://evil.example" }).expect(403);
  await change({ ...csrf, "Sec-Fetch-Site": "cross-site" }).expect(403);
  await change({ ...csrf, Origin: publicUrl, "Sec-Fetch-Site": "same-origin" }).expect(200);
  await signIn(app).set("Origin", "https://evil.example").expect(403);
  await request(app).delete("/session").set({ Cookie }).expect(403);
});

test.each([
  ["a wrong password", { jid, password: "wrong" }, 401],
  ["nobody of the tenant", { jid: `nobody@${tenant?.domain}`, password }, 401],
  ["a domain of nobody", { jid: "ingrid@nowhere.example", password }, 401],
  ["SQL for a name", { jid: `' or 1=1 --@${tenant?.domain}`, password }, 400],
  ["a member too many", { jid, password, roles: ["operator"] }, 400],
  ["no password", { jid }, 400],
])("%s does not sign in", async (_name, body, status) => {
  const response = await signIn(world().app, body).expect(status);
  expect(response.get("Set-Cookie")).toBeUndefined();
});

test("a tampered cookie is no session", async () => {
  const { app } = world();
  const Cookie = cookieOf(await signIn(app).expect(201));
  const other = Cookie.endsWith("A") ? "B" : "A";
  await request(app)
    .get("/session")
    .set("Cookie", Cookie.slice(0, -1) + other)
    .expect(401);
  await request(app).get("/session").set("Cookie", `${Cookie}${other}`).expect(401);
});

test("signing out everywhere ends every session", async () => {
  const { app } = world();
  const [one, two] = [await signIn(app).expect(201), await signIn(app).expect(201)];
  const csrf = { Cookie: cookieOf(one), "X-CSRF-Token": one.body.csrf };
  await request(app).delete("/sessions").set(csrf).expect(204);
  await request(app).get("/session").set("Cookie", cookieOf(one)).expect(401);
  await request(app).get("/session").set("Cookie", cookieOf(two)).expect(401);
});

test("a session ends when nobody uses it, and after its longest time", async () => {
  const { app } = world();
  const [idle, used] = [cookieOf(await signIn(app).expect(201)), cookieOf(await signIn(app).expect(201))];
  const started = now;
  try {
    for (now = started; now < started + SESSION_MS; now += IDLE_MS / 2) {
      await request(app).get("/session").set("Cookie", used).expect(200);
      if (now === started + IDLE_MS) await request(app).get("/session").set("Cookie", idle).expect(401);
    }
    await request(app).get("/session").set("Cookie", used).expect(401);
  } finally {
    now = started;
  }
});

test("guessing is slowed down, for the right password too", async () => {
  const { app } = world();
  for (let tries = 0; tries < signInBounds.pair.points; tries += 1) {
    await signIn(app, { jid, password: `guess-${tries}` }).expect(401);
  }
  const refused = await signIn(app).expect(429);
  expect(Number(refused.get("Retry-After"))).toBeGreaterThan(60);
  // Others are not locked out.
  const { jid: other, password: theirs } = personOf(demo, 0, 1);
  await signIn(app, { jid: other, password: theirs }).expect(201);
});

test("the XMPP server away is no wrong password", async () => {
  const { app } = world({ host: "127.0.0.1", port: 9 });
  await signIn(app).expect(503);
});

test("a session ends when its person is disabled", async () => {
  const { app, access } = world();
  const person = personOf(demo, 1, 4);
  const signed = await signIn(app, { jid: person.jid, password: person.password }).expect(201);
  const { id, tenant: of } = signed.body.person;
  const Cookie = cookieOf(signed);
  const become = (status: string) =>
    owner.withTenants([of], (trx) => sql`update person set status = ${status} where id = ${id}`.execute(trx));
  await become("disabled");
  try {
    access.forget(of, id);
    await request(app).get("/session").set({ Cookie }).expect(401);
    await signIn(app, { jid: person.jid, password: person.password }).expect(401);
  } finally {
    await become("active");
  }
  access.forget(of, id);
  // The session was ended, not just refused.
  await request(app).get("/session").set({ Cookie }).expect(401);
});
