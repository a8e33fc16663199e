import { afterAll, expect, test } from "@jest/globals";
import express from "express";
import { sql } from "kysely";
import request from "supertest";
import { ensureRoom } from "../../messaging/index.ts";
import { apiRouter, problemHandler } from "../../platform/http.ts";
import { newId } from "../../platform/ids.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { tokenFor } from "../../test/support/principal.ts";
import { silentLog as log, openTestDatabase, realStack } from "../../test/support/real.ts";
import { irc } from "../networks/irc/index.ts";
import { linkRoutesOf } from "./http.ts";

const { demo, settings } = realStack();
const [tenant, other] = demo.tenants.map(({ id }) => id);
const db = openTestDatabase();
const redis = openRedis(settings.redis.url, log);
const routes = linkRoutesOf(
  { db, redis, clock: Date.now, newId, log, quotas: settings.quotas, secret: settings.xmpp.secret },
  [{ ...irc, name: "irc-rest" }],
);
const principal = tokenFor(tenant ?? null, "links:read", "links:write");
const app = express()
  .use(apiRouter(routes, async () => principal))
  .use(problemHandler(log));
const path = `/tenants/${tenant}/links`;
const config = { host: "irc.invalid", channel: "#office", password: "pass-wort", key: "schluessel" };

afterAll(async () => {
  redis.disconnect();
  await db.close();
});

test("a link is made, shown without its secrets, made again as the same, and removed", async () => {
  await redisReady(redis, 5_000);
  const room = `rest-${newId()}`;
  await ensureRoom(db, tenant ?? "", room, newId, new Date());
  const made = await request(app).post(path).send({ room, network: "irc-rest", config }).expect(201);
  expect(made.body).toMatchObject({
    room,
    network: "irc-rest",
    place: "#office@irc.invalid:6697",
    state: "waiting",
    lastError: null,
    lag: 0,
    config: { host: "irc.invalid", channel: "#office", tls: true },
  });
  expect(made.text).not.toMatch(/pass-wort|schluessel/);

  const stored = () =>
    db.withTenants([tenant ?? ""], async (trx) => {
      const rows = await sql<{
        text: string;
        version: number;
      }>`select bridge_link::text as text, version from bridge_link
        where tenant_id = ${tenant} and id = ${made.body.id}`.execute(trx);
      return rows.rows[0];
    });
  const first = await stored();
  expect(first?.text).toContain("irc.invalid");
  expect(first?.text).not.toMatch(/pass-wort|schluessel/);
  await request(app).post(path).send({ room, network: "irc-rest", config }).expect(201);
  expect(await stored()).toEqual(first);

  const again = await request(app)
    .post(path)
    .send({ room, network: "irc-rest", config: { ...config, nick: "bote" } });
  expect(again.body).toMatchObject({ id: made.body.id, config: { nick: "bote" } });

  const list = await request(app).get(path).expect(200);
  expect(list.body.links.filter((link: { room: string }) => link.room === room)).toEqual([again.body]);
  const one = await request(app).get(`${path}/${made.body.id}`).expect(200);
  expect(one.body).toEqual({ ...again.body, undeliverable: [] });

  await request(app).delete(`${path}/${made.body.id}`).expect(204);
  await request(app).delete(`${path}/${made.body.id}`).expect(404);
  await request(app).get(`${path}/${made.body.id}`).expect(404);
});

test.each([
  ["an unknown room", { room: "nirgends", network: "irc-rest", config }, 404],
  ["an unknown network", { room: "empfang", network: "icq", config }, 400],
  ["a configuration that will not do", { room: "empfang", network: "irc-rest", config: { ...config, port: 0 } }, 400],
  ["a member too many", { room: "empfang", network: "irc-rest", config, cursor: 5 }, 400],
])("%s is refused", async (_name, body, status) => {
  await request(app).post(path).send(body).expect(status);
});

test("another tenant's links are not there", async () => {
  await request(app).get(`/tenants/${other}/links`).expect(404);
});
