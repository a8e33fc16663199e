import { expect, it } from "@jest/globals";
import request from "supertest";
import { healthApp } from "./health.ts";
import { createMetrics } from "./metrics.ts";

const away = async () => {
  throw new Error("connection refused");
};

it("says which part is away", async () => {
  const app = healthApp({ postgres: away, redis: async () => undefined }, createMetrics("test"));
  expect((await request(app).get("/healthz")).status).toBe(200);
  const ready = await request(app).get("/readyz");
  expect(ready.status).toBe(503);
  expect(ready.body).toEqual({ status: "unavailable", parts: { postgres: "connection refused", redis: "ok" } });
});

it("is ready when all parts answer, and shows figures", async () => {
  const metrics = createMetrics("test");
  metrics.counter("kontor_test_total", "Tests", ["kind"]).inc({ kind: "health" });
  const app = healthApp({ redis: async () => undefined }, metrics);
  expect((await request(app).get("/readyz")).body).toEqual({ status: "ok", parts: { redis: "ok" } });
  expect((await request(app).get("/metrics")).text).toMatch(/kontor_test_total\{kind="health".*\} 1/);
});
