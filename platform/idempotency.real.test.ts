import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import express, { type Express } from "express";
import request from "supertest";
import { z } from "zod";
import { tokenFor } from "../test/support/principal.ts";
import { silentLog } from "../test/support/real.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { KontorError } from "./errors.ts";
import { apiRouter, problemHandler, route, versionTag } from "./http.ts";
import { forgetAnswers, idempotency } from "./idempotency.ts";

let world: ScratchDatabase;
let app: Express;
let now = 0;
let runs = 0;
let version = 1;
let work: () => Promise<void> = async () => undefined;

const body = z.strictObject({ name: z.string() });
const common = { scope: "group:change" as const, status: 201 as const, response: z.object({ runs: z.number() }) };
const once = async () => {
  await work();
  return { runs: ++runs };
};
const thing = z.object({ version: z.number() });
const etag = ({ version: of }: { version: number }) => versionTag(of);
const routes = [
  route({ ...common, method: "post", path: "/groups", summary: "Make", body, handle: once }),
  route({ ...common, method: "post", path: "/tokens", summary: "Make a secret", secret: true, handle: once }),
  route({
    ...common,
    method: "get",
    path: "/thing",
    summary: "Read",
    response: thing,
    status: 200,
    etag,
    handle: async () => ({ version }),
  }),
  route({
    ...{ ...common, method: "put", path: "/thing", summary: "Change", response: thing, status: 200, etag },
    handle: async ({ ifMatch }) => {
      ifMatch(versionTag(version));
      return { version: ++version };
    },
  }),
];

beforeAll(async () => {
  world = await scratchDatabase();
  app = express();
  app.set("query parser", "simple");
  const authenticate = async ({ headers }: express.Request) => ({
    ...tokenFor(null, "group:change"),
    id: String(headers["x-who"] ?? "one"),
  });
  app.use(
    "/api/v1",
    apiRouter(
      routes,
      authenticate,
      idempotency(world.db, () => now),
    ),
  );
  app.use(problemHandler(silentLog));
});
afterAll(() => world?.drop());
beforeEach(async () => {
  now = Date.parse("2026-03-01T10:00:00Z");
  [runs, version] = [0, 1];
  work = async () => undefined;
  await forgetAnswers(world.db, new Date(now + 10 * 86_400_000));
});

const post = (key: string, name = "a", path = "/groups") => {
  const sent = request(app).post(`/api/v1${path}`).set("Idempotency-Key", key);
  return path === "/groups" ? sent.send({ name }) : sent;
};
const problem = (status: number, code: string) => ({
  status,
  body: expect.objectContaining({ type: `urn:kontor:problem:${code}` }),
});

test("the same request is carried out once, and its answer repeated", async () => {
  expect(await post("k1")).toMatchObject({ status: 201, body: { runs: 1 } });
  const again = await post("k1");
  expect(again).toMatchObject({ status: 201, body: { runs: 1 } });
  expect(again.get("Idempotency-Replayed")).toBe("true");
  expect(await post("k1").set("X-Who", "two")).toMatchObject({ body: { runs: 2 } });
});

test("another request under the key is refused", async () => {
  await post("k1");
  expect(await post("k1", "b")).toMatchObject(problem(422, "idempotency-mismatch"));
  expect(await post("k1", "a", "/tokens")).toMatchObject(problem(422, "idempotency-mismatch"));
});

test("while the first one runs, the second waits outside", async () => {
  const gate = gateOf();
  const entered = gateOf();
  work = async () => {
    entered.resolve(undefined);
    await gate.promise;
  };
  const first = post("k1").then((response) => response.status);
  await entered.promise;
  expect(await post("k1")).toMatchObject(problem(409, "conflict"));
  gate.resolve(undefined);
  expect(await first).toBe(201);
});

test("a request that failed leaves its key free", async () => {
  work = async () => {
    throw new KontorError("unavailable");
  };
  expect(await post("k1")).toMatchObject(problem(503, "unavailable"));
  work = async () => undefined;
  expect(await post("k1")).toMatchObject({ status: 201, body: { runs: 1 } });
});

test("an answer with a secret is not kept", async () => {
  expect((await post("k1", "", "/tokens")).status).toBe(201);
  expect(await post("k1", "", "/tokens")).toMatchObject(problem(409, "conflict"));
});

test("after a day the key is free, and forgotten", async () => {
  await post("k1");
  now += 86_400_001;
  expect(await post("k1")).toMatchObject({ body: { runs: 2 } });
  expect(await forgetAnswers(world.db, new Date(now + 86_400_001))).toBe(1);
});

test("a key that is none is refused", async () => {
  expect(await post("x".repeat(201))).toMatchObject(problem(400, "bad-request"));
  expect(await post("a b")).toMatchObject(problem(400, "bad-request"));
});

test("reads tell when nothing changed; changes of something older are refused", async () => {
  const read = await request(app).get("/api/v1/thing");
  expect(read.get("ETag")).toBe('"v1"');
  expect((await request(app).get("/api/v1/thing").set("If-None-Match", '"v1"')).status).toBe(304);
  const changed = await request(app).put("/api/v1/thing").set("If-Match", '"v1"');
  expect([changed.status, changed.get("ETag")]).toEqual([200, '"v2"']);
  expect(await request(app).put("/api/v1/thing").set("If-Match", '"v1"')).toMatchObject(
    problem(412, "precondition-failed"),
  );
  expect(await request(app).put("/api/v1/thing").set("If-Match", 'W/"v2"')).toMatchObject(
    problem(412, "precondition-failed"),
  );
  expect((await request(app).put("/api/v1/thing").set("If-Match", '"v9", "v2"')).status).toBe(200);
  expect((await request(app).put("/api/v1/thing").set("If-Match", "*")).status).toBe(200);
  expect(await post("k2").set("If-Match", '"v1"')).toMatchObject(problem(412, "precondition-failed"));
});

test("text that the database cannot hold is refused; a method that a path does not take is named", async () => {
  expect(await post("k1", "a\u0000b")).toMatchObject(problem(400, "bad-request"));
  expect(await post("k2", "\ud800")).toMatchObject(problem(400, "bad-request"));
  const wrong = await request(app).delete("/api/v1/thing");
  expect(wrong).toMatchObject(problem(405, "not-allowed"));
  expect(wrong.get("Allow")).toBe("GET, PUT");
});

function gateOf() {
  let resolve: (value: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
