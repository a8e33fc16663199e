import { afterAll, beforeAll, expect, test } from "@jest/globals";
import express from "express";
import request from "supertest";
import { KontorError } from "../platform/errors.ts";
import { apiRouter, problemHandler } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { tokenFor } from "../test/support/principal.ts";
import { openTestDatabase, realStack, silentLog } from "../test/support/real.ts";
import { invitationRoutes } from "./invitation-http.ts";
import { invitationBounds, invitationThrottle } from "./invitation-throttle.ts";
import { peopleRoutes } from "./people-http.ts";

/** Guesses at invitations, of callers whom a trusted proxy tells apart. */

const { demo, settings } = realStack();
const tenant = demo.tenants[0]?.id ?? "";
const db = openTestDatabase();
const redis = openRedis(settings.redis.url, silentLog);

function world() {
  const { quotas, http, xmpp } = settings;
  const log = silentLog;
  const deps = { db, redis, log, quotas, clock: Date.now, newId, secret: xmpp.secret, publicUrl: http.publicUrl };
  const routes = [
    ...invitationRoutes({ ...deps, throttle: invitationThrottle(redis, `test:${newId()}`) }),
    ...peopleRoutes(deps),
  ];
  const app = express().set("trust proxy", ["127.0.0.0/8", "::1"]);
  const who = async () => tokenFor(tenant, "person:create", "person:delete");
  app.use("/api/v1", apiRouter(routes, who), problemHandler(silentLog));
  const guess = (address: string) => look(address, `${tenant}.invitation_${"x".repeat(43)}`);
  const look = (address: string, token: string) =>
    request(app).post("/api/v1/invitations/look").set("X-Forwarded-For", address).send({ token });
  return { app, guess, look };
}

beforeAll(() => redisReady(redis, 5_000));
afterAll(async () => {
  redis.disconnect();
  await db.close();
});

test("a caller who guesses is turned away, with the time to wait; others are not, and good links count nothing", async () => {
  const { app, guess, look } = world();
  const localpart = `guest-${newId().slice(-12)}`;
  const made = await request(app)
    .post(`/api/v1/tenants/${tenant}/people`)
    .send({ localpart, name: "Guest" })
    .expect(201);
  const token = new URL(made.body.invitation.link).hash.slice(1);
  for (let uses = 0; uses <= invitationBounds.address.points; uses += 1) await look("192.0.2.1", token).expect(200);
  for (let guesses = 0; guesses < invitationBounds.address.points; guesses += 1) await guess("192.0.2.1").expect(410);
  const refused = await guess("192.0.2.1").expect(429);
  expect(Number(refused.get("Retry-After"))).toBeGreaterThan(60);
  await look("192.0.2.1", token).expect(429);
  await look("192.0.2.2", token).expect(200);
  await request(app).delete(`/api/v1/tenants/${tenant}/people/${made.body.id}`).expect(202);
});

test("guesses at one tenant from everywhere are slowed down, a good link from elsewhere is not", async () => {
  const throttle = invitationThrottle(redis, `test:${newId()}`);
  const { suspect, tenant: bound } = invitationBounds;
  const fails = async (address: string) => {
    return throttle.guard("amt", address, () => Promise.reject(new KontorError("gone"))).catch(({ code }) => code);
  };
  for (let guesses = 0; guesses < bound.points; guesses += 1) await fails(`192.0.2.${guesses}`);
  for (let guesses = 0; guesses < suspect; guesses += 1) expect(await fails("198.51.100.1")).toBe("gone");
  expect(await fails("198.51.100.1")).toBe("too-many");
  expect(await throttle.guard("amt", "198.51.100.2", async () => "good")).toBe("good");
  expect(await throttle.guard("schule", "198.51.100.1", async () => "good")).toBe("good");
});

test("a body that is no link costs nothing and is no guess", async () => {
  const { app, look } = world();
  await request(app).post("/api/v1/invitations/look").type("form").send("token=a").expect(415);
  for (let tries = 0; tries <= invitationBounds.address.points; tries += 1) {
    await look("192.0.2.9", "nonsense").expect(400);
  }
});
