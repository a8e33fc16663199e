/** The REST door: in process over the stack's PostgreSQL and a Redis of its own, then as the running gateway serves it. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import express from "express";
import type { Redis } from "ioredis";
import request from "supertest";
import { z } from "zod";
import { x } from "../components/stanza.ts";
import { addPeople, addToken, bearerAuthentication, findTenant } from "../identity/index.ts";
import { apiRouter, problemHandler } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { newSecret } from "../platform/secrets.ts";
import { openTestDatabase, personOf, realStack, signInAs, silentLog } from "../test/support/real.ts";
import type { Device } from "./core.ts";
import { presenceRoutes } from "./http.ts";
import { type RedisUnderTest, redisUnderTest, until } from "./redis-under-test.ts";
import { presenceReader } from "./store.ts";
import { type PresenceWriter, presenceWriter } from "./writer.ts";

const { demo } = realStack();
const [nord, sued] = demo.tenants.map((each) => each.id);
const tenant = sued ?? "";
const db = openTestDatabase();
const owner = openTestDatabase("owner");
const token = newSecret("test");
const elsewhere = newSecret("test");
const powerless = newSecret("test");
// They sort behind the demo's people, which other tests look at meanwhile.
const names = Array.from({ length: 620 }, (_, index) => `zz-presence-${String(index).padStart(4, "0")}`);
const quiet = { status: null, priority: 0, idleSince: null, kind: null };
const online = new Map<string, Device[]>([
  [
    "zz-presence-0007",
    [
      { ...quiet, resource: "desk", show: "dnd", status: "In a call", priority: 5, at: 1_700_000_000_000 },
      { ...quiet, resource: "phone", show: "away", kind: "phone", idleSince: 1_700_000_000_000, at: 1_700_000_001_000 },
    ],
  ],
  ["zz-presence-0611", [{ ...quiet, resource: "phone", show: "online", at: 1_700_000_000_000 }]],
]);
let redisServer: RedisUnderTest;
let redis: Redis;
let writer: PresenceWriter;

const app = express();

const listed = z.object({
  since: z.string().nullable(),
  people: z.array(z.object({ localpart: z.string(), show: z.string(), available: z.boolean() })),
  next: z.string().nullable(),
});

const ask = (path: string, bearer = token) =>
  request(app).get(`/api/v1/tenants/${path}`).set("Authorization", `Bearer ${bearer}`);

async function walk(query: string): Promise<{ pages: number[]; people: z.output<typeof listed>["people"] }> {
  const pages: number[] = [];
  const people: z.output<typeof listed>["people"] = [];
  let next: string | null = null;
  do {
    const response = await ask(`${tenant}/presence?${query}${next ? `&cursor=${next}` : ""}`);
    expect(response.status).toBe(200);
    const page = listed.parse(response.body);
    pages.push(page.people.length);
    people.push(...page.people);
    next = page.next;
  } while (next && pages.length < 1_000);
  return { pages, people };
}

beforeAll(async () => {
  const now = new Date();
  await addPeople(
    owner,
    tenant,
    names.map((localpart) => ({ localpart, name: `Person ${localpart}`, roles: ["user"] })),
    newId,
    now,
  );
  const expiresAt = new Date(now.getTime() + 600_000);
  const made = { label: "presence test", scopes: ["presence:read"], expiresAt };
  await addToken(owner, { ...made, id: newId(), token, tenant }, now);
  await addToken(owner, { ...made, id: newId(), token: elsewhere, tenant: nord ?? "" }, now);
  await addToken(owner, { ...made, id: newId(), token: powerless, tenant, scopes: ["rooms:read"] }, now);
  redisServer = await redisUnderTest();
  redisServer.start();
  redis = openRedis(redisServer.url, silentLog);
  await redisReady(redis, 20_000);
  writer = presenceWriter({
    redis,
    tenant,
    clock: Date.now,
    log: silentLog,
    beatMs: 200,
    personOf: (localpart) => ({ devices: online.get(localpart) ?? [], meetingSince: null }),
    everybody: () => online.keys(),
    onLost: () => writer.start(),
  });
  const routes = presenceRoutes({
    ...{ db, redis, reader: presenceReader(redis), contacts: { of: async () => new Set() } },
    ...{
      log: silentLog,
      clock: Date.now,
      newId,
      newBadge: newId,
      publicUrl: "https://kontor.example",
      secret: "test",
    },
  });
  app.use("/api/v1", apiRouter(routes, bearerAuthentication(db, Date.now)), problemHandler(silentLog));
});

afterAll(async () => {
  await writer.close();
  redis.disconnect();
  await redisServer.kill();
  interface Tables {
    person: { tenant_id: string; localpart: string };
    api_token: { label: string };
  }
  await owner.common<Tables>().deleteFrom("api_token").where("label", "=", "presence test").execute();
  await owner
    .common<Tables>()
    .deleteFrom("person")
    .where("tenant_id", "=", tenant)
    .where("localpart", "like", "zz-presence-%")
    .execute();
  await Promise.all([db.close(), owner.close()]);
});

test("before anything is heard everybody is unknown, and not available", async () => {
  const response = await ask(`${tenant}/presence/zz-presence-0007`);
  expect(response.body).toMatchObject({ show: "unknown", available: false, devices: [], since: null });
  expect((await ask(`${tenant}/presence?limit=1`)).body).toMatchObject({ since: null, people: [{ show: "unknown" }] });
});

describe("with presence published", () => {
  beforeAll(async () => {
    writer.start();
    await until(
      () => presenceReader(redis).read(tenant, []),
      (view) => view.since !== undefined,
    );
  });

  test("a person is shown with all devices, the one that speaks first", async () => {
    const response = await ask(`${tenant}/presence/ZZ-presence-0007`);
    const domain = (await findTenant(db, tenant))?.domain;
    expect(response.body).toEqual({
      localpart: "zz-presence-0007",
      jid: `zz-presence-0007@${domain}`,
      name: "Person zz-presence-0007",
      available: true,
      show: "dnd",
      status: "In a call",
      since: "2023-11-14T22:13:20.000Z",
      idleSince: null,
      groups: [],
      mobileOnly: false,
      meeting: null,
      outOfOffice: null,
      devices: [
        {
          ...{ resource: "desk", show: "dnd", status: "In a call", priority: 5, kind: null, idleSince: null },
          since: "2023-11-14T22:13:20.000Z",
        },
        {
          ...{ resource: "phone", show: "away", status: null, priority: 0, kind: "phone" },
          idleSince: "2023-11-14T22:13:20.000Z",
          since: "2023-11-14T22:13:21.000Z",
        },
      ],
    });
  });

  test.each(["", "limit=500", "limit=7", "limit=1&available=true", "available=false&limit=300"])(
    "pages hold everybody once and in order: %s",
    async (query) => {
      const { pages, people } = await walk(query);
      const found = people.map((each) => each.localpart);
      const wanted = query.includes("available=true") ? [...online.keys()] : names;
      const without = query.includes("available=false") ? [...online.keys()] : [];
      expect(found).toEqual([...new Set(found)].sort());
      expect(found.filter((name) => name.startsWith("zz-presence-"))).toEqual(
        wanted.filter((name) => !without.includes(name)),
      );
      const limit = Number(new URLSearchParams(query).get("limit") ?? 100);
      expect(Math.max(...pages)).toBe(limit);
    },
  );

  test.each([
    ["dnd", ["zz-presence-0007"]],
    ["online", ["zz-presence-0611"]],
    ["xa", []],
    ["unknown", []],
  ])("filtered by show %s", async (show, wanted) => {
    expect((await walk(`show=${show}`)).people.map((each) => each.localpart)).toEqual(wanted);
  });
});

describe("refused", () => {
  test.each([
    ["an unknown person", "presence/nobody", 404, "not-found"],
    ["a limit beyond the bound", "presence?limit=501", 400, "bad-request"],
    ["a show that is none", "presence?show=dancing", 400, "bad-request"],
    ["a misspelt filter", "presence?availible=true", 400, "bad-request"],
    ["a cursor with a control character", "presence?cursor=AA", 400, "bad-request"],
    ["a local part with a control character", "presence/a%00b", 400, "bad-request"],
  ])("%s", async (_name, path, status, code) => {
    const response = await ask(`${tenant}/${path}`);
    expect(response.status).toBe(status);
    expect(response.body).toMatchObject({ status, type: `urn:kontor:problem:${code}` });
  });

  test.each(["presence", "presence/zz-presence-0007"])(
    "another tenant's token at %s, as if it were not there",
    async (path) => {
      expect((await ask(`${tenant}/${path}`, elsewhere)).status).toBe(404);
    },
  );

  test("a token without the scope, and no token", async () => {
    expect((await ask(`${tenant}/presence`, powerless)).status).toBe(403);
    expect((await request(app).get(`/api/v1/tenants/${tenant}/presence`)).status).toBe(401);
  });

  test("an unknown tenant", async () => {
    const response = await request(`${demo.http}`)
      .get("/api/v1/tenants/nobody-knows/presence")
      .set("Authorization", `Bearer ${demo.token}`);
    expect(response.status).toBe(404);
  });
});

test("while Redis is away the answer says when to ask again, and it comes back by itself", async () => {
  await redisServer.kill();
  const response = await ask(`${tenant}/presence`);
  expect(response.status).toBe(503);
  expect(response.headers["retry-after"]).toBe("5");
  expect(response.body).toMatchObject({ type: "urn:kontor:problem:unavailable" });
  redisServer.start();
  await until(
    async () => (await ask(`${tenant}/presence/zz-presence-0611`)).body.show,
    (show) => show === "online",
  );
});

test("the running system shows a person of the demo coming, being busy and going", async () => {
  const { jid } = personOf(demo, 0, 4);
  const shown = async () => {
    const response = await request(demo.http)
      .get(`/api/v1/tenants/${nord}/presence/${jid.split("@")[0]}`)
      .set("Authorization", `Bearer ${demo.token}`);
    const { devices } = z
      .object({ devices: z.array(z.object({ resource: z.string(), show: z.string(), status: z.string().nullable() })) })
      .parse(response.body);
    return devices.find((each) => each.resource === resource);
  };
  const client = await signInAs(demo, 0, 4);
  const resource = client.jid.split("/")[1];
  await client.send(x("presence"));
  await until(shown, (device) => device?.show === "online");
  await client.send(x("presence", {}, x("show", {}, "dnd"), x("status", {}, "In a meeting")));
  expect(await until(shown, (device) => device?.show === "dnd")).toMatchObject({ status: "In a meeting" });
  await client.stop();
  await until(shown, (device) => device === undefined);
});
