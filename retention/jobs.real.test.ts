import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Queue } from "bullmq";
import express from "express";
import type { Redis } from "ioredis";
import request from "supertest";
import { apiRouter, type Principal, problemHandler } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { createMetrics, type Metrics } from "../platform/metrics.ts";
import { openPatientRedis } from "../platform/redis.ts";
import { tokenFor } from "../test/support/principal.ts";
import { eventually, realStack, silentLog } from "../test/support/real.ts";
import {
  expectedGone,
  expectedLeft,
  now,
  partitionsLeft,
  retentionWorld,
  sorted,
  tenants,
  type World,
} from "../test/support/retention-world.ts";
import { catalogue } from "./catalogue.ts";
import { retentionRoutes } from "./http.ts";
import { startRetention } from "./jobs.ts";
import type { Deleter } from "./run-steps.ts";
import { pageEvidence } from "./store-evidence.ts";
import { openRuns, viewRun } from "./store-runs.ts";

let world: World;
let connection: Redis;
let metrics: Metrics;
let worker: ReturnType<typeof startRetention> | undefined;

/** Another number than the running processes have: their queue stays theirs. */
const redisUrl = () => {
  const url = new URL(realStack().settings.redis.url);
  url.pathname = "/7";
  return url.href;
};

beforeAll(async () => {
  world = await retentionWorld();
});
beforeEach(async () => {
  await world.reset();
  connection = openPatientRedis(redisUrl(), silentLog);
  await connection.flushdb();
  metrics = createMetrics("test");
});
afterEach(async () => {
  await worker?.close();
  worker = undefined;
  await connection.flushdb();
  connection.disconnect();
});
afterAll(() => world?.drop());

const clock = () => now.getTime();
function start(options: { deleters?: Deleter[]; schedule?: string; lookMs?: number } = {}) {
  worker = startRetention({
    ...{ db: world.db, owner: world.owner, kinds: catalogue, clock, log: silentLog, newId, metrics, connection },
    ...{ deleters: [], schedule: "0 1 1 1 *", timeZone: "Europe/Berlin", lookMs: 100, ...options },
  });
}

const ended = (tenant: string, run: string) =>
  eventually(async () => {
    const view = await viewRun(world.db, tenant, run).catch(() => undefined);
    return view && ["done", "failed"].includes(view.state) ? view : undefined;
  }, "the run ends");

function app(who: Principal = tokenFor(null, "retention:run", "retention:read"), allowAsOf = false) {
  const routes = retentionRoutes({ db: world.db, redis: connection, log: silentLog, clock, newId, allowAsOf });
  return express()
    .use(
      "/api/v1",
      apiRouter(routes, async () => who),
    )
    .use(problemHandler(silentLog));
}

test("a run that nobody announced is found and carried out; figures tell of it", async () => {
  const run = await world.addTurn();
  start();
  expect(await ended("amt", run)).toMatchObject({ state: "done", rows: expectedGone("amt") });
  expect(await world.left()).toEqual(sorted(expectedLeft));
  expect(await world.partitions()).toEqual(partitionsLeft);
  const age = (now.getTime() - Date.parse("2026-07-10T10:00:00Z")) / 1_000;
  const figures = await eventually(async () => {
    const text = await metrics.registry.metrics();
    return text.includes(`kontor_retention_oldest_row_age_seconds{kind="message-archive",process="test"} ${age}`)
      ? text
      : undefined;
  }, "the age of the oldest row is measured");
  const deleted = expectedGone("amt") + expectedGone("schule");
  expect(figures).toContain(`kontor_retention_rows_deleted_total{kind="message-archive",process="test"} ${deleted}`);
});

test("a turn of the schedule looks ahead, so that nothing outlives its period before the next one", async () => {
  // Every second: the next turn lies beyond the fixed present of this test, whatever the time is.
  start({ schedule: "* * * * * *" });
  const before = async () => (await world.left()).filter(({ at }) => at < now).length;
  await eventually(
    async () => ((await before()) === 0 ? true : undefined),
    "a turn deletes what the next would find late",
  );
  expect((await world.left()).length).toBeGreaterThan(0);
});

test("an emptied Redis loses no run and no schedule", async () => {
  start();
  const queue = new Queue("retention", { connection, prefix: "{kontor}:jobs" });
  await eventually(() => queue.getJobScheduler("retention-turn"), "the schedule is kept");
  await connection.flushdb();
  const run = await world.addTurn();
  expect(await ended("schule", run)).toMatchObject({ state: "done" });
  const kept = await eventually(() => queue.getJobScheduler("retention-turn"), "the schedule is kept again");
  expect(kept).toMatchObject({ pattern: "0 1 1 1 *", tz: "Europe/Berlin" });
  await queue.close();
});

test("a domain's deleter is called until nothing is left; a failing tenant holds up no other", async () => {
  const files = new Map<string, number>([
    ["amt", 2_300],
    ["schule", 5],
  ]);
  let failures = 0;
  const deleter: Deleter = {
    kind: "file",
    deleteBefore: async (tenant, cutoff, limit) => {
      expect(cutoff).toEqual(new Date("2026-07-10T10:00:00Z"));
      if (tenant === "amt" && failures++ === 0) throw new Error("disk is full");
      const gone = Math.min(files.get(tenant) ?? 0, limit);
      files.set(tenant, (files.get(tenant) ?? 0) - gone);
      return gone;
    },
  };
  start({ deleters: [deleter] });
  const ask = (tenant: string) =>
    request(app()).post(`/api/v1/tenants/${tenant}/retention/runs`).send({ kind: "file" });
  const runs = await Promise.all(
    tenants.map(async (tenant) => ({ tenant, id: (await ask(tenant).expect(202)).body.id })),
  );
  for (const { tenant, id } of runs) expect(await ended(tenant, id)).toMatchObject({ state: "done" });
  const evidence = await pageEvidence(world.db, "amt", 0, 10);
  expect(evidence.map(({ result, rowCount }) => [result, rowCount])).toEqual([
    ["begun", 0],
    ["deleted", 1_000],
    ["deleted", 1_000],
    ["deleted", 300],
    ["complete", 0],
  ]);
  expect([...files.values()]).toEqual([0, 0]);
});

test("over HTTP: ask for a run, watch it, read its evidence in pages", async () => {
  start({ lookMs: 60_000 });
  const asked = await request(app())
    .post("/api/v1/tenants/schule/retention/runs")
    .send({ kind: "message-archive" })
    .expect(202);
  const { id } = asked.body;
  await ended("schule", id);
  const view = await request(app()).get(`/api/v1/tenants/schule/retention/runs/${id}`).expect(200);
  expect(view.body).toMatchObject({
    id,
    state: "done",
    rows: expectedGone("schule"),
    cutoff: "2026-07-17T10:00:00.000Z",
  });
  const first = await request(app()).get("/api/v1/tenants/schule/retention/evidence?limit=3").expect(200);
  expect(first.body.items.map(({ position }: { position: number }) => position)).toEqual([1, 2, 3]);
  const second = await request(app())
    .get(`/api/v1/tenants/schule/retention/evidence?after=${first.body.next}`)
    .expect(200);
  expect(second.body.items[0]).toMatchObject({ position: 4, previous: first.body.items[2].hash });
  expect(second.body.next).toBeNull();
});

const operator = tokenFor(null, "retention:run", "retention:read");
test.each<[string, Principal, string, object, number]>([
  ["a present that is still to come", operator, "amt", { kind: "message-archive", asOf: "2030-01-01T00:00:00Z" }, 403],
  ["an unknown kind", operator, "amt", { kind: "nothing" }, 400],
  ["an unknown member", operator, "amt", { kind: "file", all: true }, 400],
  ["an unknown tenant", operator, "nobody", { kind: "file" }, 404],
  ["another tenant's token", tokenFor("schule", "retention:run"), "amt", { kind: "file" }, 404],
  ["a token without the scope", tokenFor(null, "retention:read"), "amt", { kind: "file" }, 403],
])("a run is refused for %s", async (_name, principal, tenant, body, status) => {
  const answer = await request(app(principal)).post(`/api/v1/tenants/${tenant}/retention/runs`).send(body);
  expect(answer.status).toBe(status);
  expect(answer.headers["content-type"]).toContain("application/problem+json");
  expect(await openRuns(world.db)).toEqual([]);
});

test("one run of a tenant and kind at a time; another tenant cannot see it", async () => {
  const ask = () => request(app()).post("/api/v1/tenants/amt/retention/runs").send({ kind: "message-archive" });
  const answers = await Promise.all([ask(), ask(), ask()]);
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 429, 429]);
  const id = answers.find(({ status }) => status === 202)?.body.id;
  await request(app()).get(`/api/v1/tenants/amt/retention/runs/${id}`).expect(200);
  await request(app()).get(`/api/v1/tenants/schule/retention/runs/${id}`).expect(404);
});
