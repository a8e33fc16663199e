import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import express, { type ErrorRequestHandler } from "express";
import request from "supertest";
import { errors, toKontorError } from "../../platform/errors.ts";
import { consoleRouter } from "./console.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "console-"));
});
afterAll(() => rm(folder, { recursive: true }));

const status: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const known = toKontorError(error);
  response.status(errors[known.code].status).send(known.message);
};

it("says how to build it, and then serves it without a restart", async () => {
  const app = express().use("/console", consoleRouter(folder), status);
  const before = await request(app).get("/console").expect(503);
  expect(before.text).toContain("npm run build");

  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>console</title>");
  await writeFile(join(folder, "assets", "main-abc.js"), "export {};");
  for (const path of ["/console", "/console/", "/console/people/x?y=1"]) {
    const { text, headers } = await request(app).get(path).expect(200);
    expect(text).toContain("<title>console</title>");
    expect(headers["content-security-policy"]).toContain("script-src 'self';");
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers["cache-control"]).toBe("no-cache");
  }
  const script = await request(app).get("/console/assets/main-abc.js").expect(200);
  expect(script.headers["cache-control"]).toContain("immutable");
  await request(app).get("/console/assets/%2e%2e%2findex.html").expect(404);
  await request(app).get("/console/assets/other.js").expect(404);
});
