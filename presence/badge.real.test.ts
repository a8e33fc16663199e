/** Badges on public pages: opt-in of person and tenant, and the same answer for all that are not shown. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import express from "express";
import { sql } from "kysely";
import request from "supertest";
import { languageOf } from "../gateway/http/index.ts";
import { problemHandler } from "../platform/http.ts";
import { newRequestId } from "../platform/ids.ts";
import { device, home, type PresenceWorld, partner, presenceWorld } from "../test/support/presence-world.ts";
import { silentLog } from "../test/support/real.ts";
import type { Audience, PresenceRules } from "./core-visibility.ts";
import { badgeRouter } from "./index.ts";
import { until } from "./redis-under-test.ts";

let world: PresenceWorld;
let path = "";

beforeAll(async () => {
  world = await presenceWorld();
  await world.addPerson(home, "ada", "Ada <Lovelace>");
  await world.setRules(home, { badges: true });
  const { body } = await world.setOwn(home, "ada", { badge: true });
  path = new URL(body.badge.svg).pathname.replace(".svg", "");
});
afterAll(() => world.close());

const appOf = (points = 10_000) =>
  express()
    .use("/presence", badgeRouter({ ...world.deps, languageOf }, { points, duration: 60 }))
    .use(problemHandler(silentLog));
const get = (at: string, headers: Record<string, string> = {}) => request(appOf()).get(at).set(headers);
const hidden = async (at: string) => {
  const { status, body, headers } = await get(at);
  return [status, body, headers["cache-control"], headers["content-type"]];
};

test("before the server is heard it is unknown; then what is the case, in the language asked for", async () => {
  expect((await get(`${path}.json`).expect(200)).body).toMatchObject({ state: "unknown" });
  await world.hear(home);
  await world.show(home, "ada", { devices: [{ ...device, status: "Geheim" }], meetingSince: null });
  const german = await get(`${path}.json`, { "Accept-Language": "de" }).expect(200);
  expect(german.body).toEqual({
    ...{ name: "Ada <Lovelace>", state: "available", label: "erreichbar", outOfOfficeUntil: null },
  });
  expect(german.headers).toMatchObject({
    "cache-control": "public, max-age=15",
    "access-control-allow-origin": "*",
    vary: "Accept-Language",
  });
  expect((await get(`${path}.json`, { "Accept-Language": "en" })).body.label).toBe("available");
  expect((await get(`${path}.json?lang=en`, { "Accept-Language": "de" })).body.label).toBe("available");
  await world.show(home, "ada", { devices: [{ ...device }], meetingSince: 1_700_000_000_000 });
  expect((await get(`${path}.json`)).body).toMatchObject({ state: "meeting" });
});

test("a picture with its words and a title, which other pages may show", async () => {
  const { body, headers } = await get(`${path}.svg?lang=en`).expect(200);
  const picture = Buffer.from(body).toString();
  expect(picture).toContain("<title>Ada &#60;Lovelace&#62;: in a meeting</title>");
  expect(headers).toMatchObject({
    "content-type": "image/svg+xml; charset=utf-8",
    "cross-origin-resource-policy": "cross-origin",
  });
  await get(`${path}.svg?lang=en`, { "If-None-Match": headers.etag ?? "" }).expect(304);
});

test.each<[Partial<PresenceRules>, Audience | null, boolean]>([
  [{ badges: true }, null, true],
  [{ badges: true, within: "groups", partners: "nobody" }, null, true],
  [{ badges: true }, "groups", true],
  [{ badges: true }, "nobody", false],
  [{ badges: true, within: "nobody" }, "everyone", false],
  [{ badges: false }, null, false],
])("%o, own %s: shown %s", async (rules, audience, shown) => {
  await world.setRules(home, rules);
  await world.setOwn(home, "ada", { audience, badge: true });
  for (const kind of [".svg", ".json"]) {
    const { status } = await get(`${path}${kind}`);
    expect([kind, status]).toEqual([kind, shown ? 200 : 404]);
  }
});

test("one that is unknown, hidden, switched off or of somebody who left has the same answer", async () => {
  await world.setRules(home, { badges: true });
  await world.setOwn(home, "ada", { badge: true });
  const unknown = await hidden(`/presence/${home}/${newRequestId()}.json`);
  expect(unknown[0]).toBe(404);
  expect(await hidden(`/presence/${partner}/${path.split("/").at(-1)}.json`)).toEqual(unknown);
  expect(await hidden(`/presence/nobody/${path.split("/").at(-1)}.json`)).toEqual(unknown);
  expect(await hidden(`/presence/${home}/x.json`)).toEqual(unknown);
  expect(await hidden(`/presence/${home}/${"-".repeat(36)}.json`)).toEqual(unknown);
  expect(await hidden(`/presence/${home}/%00.json`)).toEqual(unknown);
  await world.query(sql`update person set status = 'disabled' where localpart = 'ada'`);
  expect(await hidden(`${path}.json`)).toEqual(unknown);
  await world.query(sql`update person set status = 'active' where localpart = 'ada'`);
  await world.query(sql`update tenant set status = 'suspended' where id = ${home}`);
  expect(await hidden(`${path}.json`)).toEqual(unknown);
  await world.query(sql`update tenant set status = 'active' where id = ${home}`);
  await get(`${path}.json`).expect(200);
  await world.setOwn(home, "ada", { badge: false });
  expect(await hidden(`${path}.json`)).toEqual(unknown);
  // Switched on again it has another address.
  await world.setOwn(home, "ada", { badge: true });
  expect(await hidden(`${path}.json`)).toEqual(unknown);
});

test("who asks too often is told when to come back", async () => {
  const app = appOf(3);
  const ask = () => request(app).get(`${path}.json`);
  let last = await ask();
  for (let n = 0; n < 3 && last.status !== 429; n++) last = await ask();
  expect(last.status).toBe(429);
  expect(Number(last.headers["retry-after"])).toBeGreaterThan(0);
  expect(last.headers["cache-control"]).toBe("no-store");
});

test("Redis away: it says when to ask again, and is back by itself", async () => {
  const { body } = await world.setOwn(home, "ada", { badge: true });
  const { pathname } = new URL(body.badge.json);
  await world.redisServer.kill();
  const { status, headers } = await get(pathname);
  expect([status, headers["cache-control"]]).toEqual([503, "no-store"]);
  world.redisServer.start();
  await until(
    async () => (await get(pathname)).status,
    (status) => status === 200,
  );
});
