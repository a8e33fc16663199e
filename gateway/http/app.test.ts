import { describe, expect, it } from "@jest/globals";
import { Validator } from "@seriousme/openapi-schema-validator";
import express from "express";
import { RateLimiterMemory } from "rate-limiter-flexible";
import request from "supertest";
import { z } from "zod";
import { KontorError } from "../../platform/errors.ts";
import { route } from "../../platform/http.ts";
import type { Log } from "../../platform/log.ts";
import { createMetrics } from "../../platform/metrics.ts";
import { createApp } from "./app.ts";

const TOKEN = "Bearer good-token-of-amt-nord";
const tenants = [
  { id: "amt-nord", name: "Amt Nord", domain: "amt-nord.localhost" },
  { id: "klub", name: "<Klub> & Co", domain: "klub.localhost" },
];

const routes = [
  route({
    method: "get",
    path: "/tenants/{tenant}/rooms",
    summary: "Rooms",
    scope: "rooms:read",
    params: z.object({ tenant: z.string() }),
    query: z.object({ limit: z.coerce.number().int().min(1).max(10).default(10) }),
    response: z.object({ limit: z.number() }),
    handle: async ({ query }) => query,
  }),
  route({
    method: "post",
    path: "/tenants/{tenant}/links",
    summary: "A link",
    scope: "links:write",
    params: z.object({ tenant: z.string() }),
    body: z.object({ channel: z.string().max(50) }),
    status: 201,
    response: z.object({ channel: z.string() }),
    problems: ["conflict"],
    handle: async ({ body }) => body,
  }),
  route({
    method: "delete",
    path: "/broken",
    summary: "Fails as a defect does",
    scope: "rooms:read",
    status: 204,
    handle: async () => {
      throw new TypeError("secret inner detail");
    },
  }),
];

interface Line {
  readonly message: string;
  readonly [field: string]: unknown;
}

function world(options: { readonly failures?: number; readonly tenantsAway?: boolean } = {}) {
  const lines: Line[] = [];
  const logWith = (base: object): Log => {
    const write = (message: string, fields: object = {}) => {
      lines.push({ message, ...base, ...fields });
    };
    const with_ = (fields: object) => logWith({ ...base, ...fields });
    return { error: write, warn: write, info: write, debug: write, with: with_ };
  };
  const files = express.Router();
  files.get("/:tenant/:id/:name", (_request, response) => {
    response.send("bytes");
  });
  let ids = 0;
  const app = createApp({
    routes,
    fileRouter: files,
    authenticate: async (authorization) => {
      if (authorization !== TOKEN) throw new KontorError("not-authorized", "Send a token");
      return { id: "t1", tenant: "amt-nord", scopes: new Set(["rooms:read"]) };
    },
    failedSignIns: new RateLimiterMemory({ points: options.failures ?? 100, duration: 60 }),
    chat: {
      websocketUrl: "wss://xmpp.example.org:5281/xmpp-websocket",
      publicUrl: "https://files.example.org",
      tenants: async () => {
        if (options.tenantsAway) throw new KontorError("unavailable");
        return tenants;
      },
    },
    checks: {
      postgres: async () => {
        throw new Error("connection refused");
      },
      redis: async () => undefined,
    },
    metrics: createMetrics("gateway"),
    log: logWith({}),
    clock: () => 0,
    newId: () => `made-id-${++ids}`,
    version: "1.2.3",
  });
  return { app, lines };
}

describe("problem documents (RFC 9457)", () => {
  const cases = [
    { name: "no token", method: "get", path: "/api/v1/tenants/amt-nord/rooms", status: 401, code: "not-authorized" },
    {
      name: "a scope that the token lacks",
      method: "post",
      path: "/api/v1/tenants/amt-nord/links",
      token: TOKEN,
      status: 403,
      code: "forbidden",
    },
    {
      name: "another tenant",
      method: "get",
      path: "/api/v1/tenants/schule-sued/rooms",
      token: TOKEN,
      status: 404,
      code: "not-found",
    },
    { name: "no such route", method: "get", path: "/api/v1/nothing", token: TOKEN, status: 404, code: "not-found" },
    { name: "no such page", method: "get", path: "/nothing", status: 404, code: "not-found" },
    { name: "no such file of ours", method: "get", path: "/assets/layout.ts", status: 404, code: "not-found" },
    { name: "a path upwards", method: "get", path: "/chat/assets/%2e%2e%2fpages.ts", status: 404, code: "not-found" },
    {
      name: "a bad query",
      method: "get",
      path: "/api/v1/tenants/amt-nord/rooms?limit=99",
      token: TOKEN,
      status: 400,
      code: "bad-request",
    },
    {
      name: "JSON that is none",
      method: "post",
      path: "/api/v1/tenants/amt-nord/links",
      token: TOKEN,
      body: "{ no",
      status: 400,
      code: "bad-request",
    },
    {
      name: "a body that is too large",
      method: "post",
      path: "/api/v1/tenants/amt-nord/links",
      token: TOKEN,
      body: JSON.stringify({ channel: "x".repeat(300_000) }),
      status: 413,
      code: "too-large",
    },
    {
      name: "a path with broken escapes",
      method: "get",
      path: "/api/v1/tenants/%zz/rooms",
      token: TOKEN,
      status: 400,
      code: "bad-request",
    },
    { name: "a defect", method: "delete", path: "/api/v1/broken", token: TOKEN, status: 500, code: "internal" },
  ] as const;
  it.each(cases)("$name: $status $code", async (each) => {
    const { app } = world();
    const sent = request(app)[each.method](each.path).set("X-Request-Id", "asked-by-test");
    if ("token" in each) sent.set("Authorization", each.token);
    const response = "body" in each ? await sent.type("json").send(each.body) : await sent;
    expect(response.status).toBe(each.status);
    expect(response.type).toBe("application/problem+json");
    const problem: unknown = JSON.parse(response.text);
    expect(problem).toMatchObject({
      type: `urn:kontor:problem:${each.code}`,
      status: each.status,
      requestId: "asked-by-test",
    });
    expect(response.text).not.toContain("secret inner detail");
  });

  it("asks for a bearer token", async () => {
    const response = await request(world().app).get("/api/v1/tenants/amt-nord/rooms");
    expect(response.get("WWW-Authenticate")).toBe('Bearer realm="kontor"');
  });

  it("becomes a page for a browser, but never in the API", async () => {
    const { app } = world();
    const page = await request(app).get("/nothing?lang=en").set("Accept", "text/html");
    expect([page.status, page.type]).toEqual([404, "text/html"]);
    expect(page.text).toContain("There is no such page.");
    expect(page.get("Content-Security-Policy")).toContain("style-src 'self'");
    const api = await request(app).get("/api/v1/nothing").set("Accept", "text/html");
    expect([api.status, api.type]).toEqual([404, "application/problem+json"]);
  });
});

describe("request ids and the access log", () => {
  it("keeps an acceptable id and replaces one that could forge a log line", async () => {
    const { app } = world();
    const kept = await request(app).get("/healthz").set("X-Request-Id", "0189-abc.DEF_1");
    expect(kept.get("X-Request-Id")).toBe("0189-abc.DEF_1");
    for (const bad of ["short", "with space and more", '{"a":1}xxxxxxx', "x".repeat(65)]) {
      const replaced = await request(app).get("/healthz").set("X-Request-Id", bad);
      expect(replaced.get("X-Request-Id")).toMatch(/^made-id-\d+$/);
    }
  });

  it("writes one line of class connection a request, with the pattern only", async () => {
    const { app, lines } = world();
    await request(app).get("/files/amt-nord/0189/geheim.pdf?sig=abc");
    await request(app).get("/api/v1/tenants/amt-nord/rooms?limit=5").set("Authorization", TOKEN);
    await request(app).get("/api/v1/tenants/amt-nord/rooms");
    await request(app).get("/wp-login.php");
    const access = lines.filter((line) => line.class === "connection");
    expect(access.map(({ method, route: pattern, status }) => [method, pattern, status])).toEqual([
      ["GET", "/files/:tenant/:id/:name", 200],
      ["GET", "/api/v1/tenants/:tenant/rooms", 200],
      ["GET", "/api/v1/tenants/:tenant/rooms", 401],
      ["GET", "unmatched", 404],
    ]);
    for (const line of access) expect(line).toMatchObject({ requestId: expect.any(String), bytes: expect.any(Number) });
    expect(JSON.stringify(lines)).not.toMatch(/geheim|sig=|limit=|good-token|wp-login/);
  });

  it("names the request in the line about a defect", async () => {
    const { app, lines } = world();
    await request(app).delete("/api/v1/broken").set("Authorization", TOKEN).set("X-Request-Id", "asked-by-test");
    expect(lines).toContainEqual(expect.objectContaining({ message: "A request failed", requestId: "asked-by-test" }));
  });
});

describe("failed sign-ins", () => {
  it("turns a caller away after too many, with Retry-After, even with a good token", async () => {
    const { app } = world({ failures: 2 });
    const ask = (token: string) => request(app).get("/api/v1/tenants/amt-nord/rooms").set("Authorization", token);
    expect((await ask(TOKEN)).status).toBe(200);
    expect((await ask("Bearer guess-1")).status).toBe(401);
    expect((await ask("Bearer guess-2")).status).toBe(401);
    const refused = await ask(TOKEN);
    expect([refused.status, refused.type]).toEqual([429, "application/problem+json"]);
    expect(Number(refused.get("Retry-After"))).toBeGreaterThan(0);
    expect((await request(app).get("/api/v1/openapi.json")).status).toBe(200);
  });
});

describe("health and metrics", () => {
  it("says which part is away", async () => {
    const { app } = world();
    expect((await request(app).get("/healthz")).status).toBe(200);
    const ready = await request(app).get("/readyz");
    expect(ready.status).toBe(503);
    expect(ready.body).toEqual({ status: "unavailable", parts: { postgres: "connection refused", redis: "ok" } });
  });

  it("counts requests by route", async () => {
    const { app } = world();
    await request(app).get("/api/v1/tenants/amt-nord/rooms").set("Authorization", TOKEN);
    const { text } = await request(app).get("/metrics");
    const lines = text.split("\n").filter((line) => line.startsWith("kontor_http_request_seconds_count"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('method="GET",route="/api/v1/tenants/:tenant/rooms",status="200"');
  });
});

describe("the API document", () => {
  it("is valid OpenAPI 3.1 and lists every route", async () => {
    const response = await request(world().app).get("/api/v1/openapi.json");
    expect(response.status).toBe(200);
    const document: { paths: Record<string, Record<string, unknown>>; info: unknown } = response.body;
    const verdict = await new Validator().validate(JSON.parse(response.text));
    expect(verdict).toMatchObject({ valid: true });
    expect(document.info).toEqual({ title: "Kontor", version: "1.2.3" });
    for (const { method, path } of routes) expect(document.paths[`/api/v1${path}`]).toHaveProperty(method);
  });
});

describe("headers", () => {
  it("lets nothing load where no page needs it", async () => {
    const response = await request(world().app).get("/api/v1/openapi.json");
    expect(response.get("Content-Security-Policy")).toBe(
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(response.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "strict-transport-security": "max-age=31536000",
    });
    expect(response.headers).not.toHaveProperty("x-powered-by");
  });

  it("lets the chat page reach the WebSocket and the files, and nothing run that is inline", async () => {
    const response = await request(world().app).get("/chat?tenant=amt-nord");
    const policy = response.get("Content-Security-Policy")?.split(";");
    expect(policy).toContain("connect-src 'self' wss://xmpp.example.org:5281 https://files.example.org");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("default-src 'none'");
  });
});

describe("the pages", () => {
  it.each([
    { query: "", accept: undefined, language: "de" },
    { query: "", accept: "en-GB,en;q=0.9", language: "en" },
    { query: "", accept: "da,sv;q=0.8", language: "de" },
    { query: "?lang=en", accept: "de", language: "en" },
    { query: "?lang=tlh", accept: "de", language: "de" },
  ])("are in $language for '$query' and Accept-Language $accept", async ({ query, accept, language }) => {
    const sent = request(world().app).get(`/${query}`);
    const response = accept === undefined ? await sent : await sent.set("Accept-Language", accept);
    expect(response.text).toContain(`<html lang="${language}">`);
    expect(response.get("Vary")).toContain("Accept-Language");
  });

  it.each([
    { path: "/chat", host: "127.0.0.1:8080", status: 200, text: "Wählen Sie Ihre Einrichtung." },
    { path: "/chat", host: "amt-nord.localhost:8080", status: 200, text: '"locked_domain":"amt-nord.localhost"' },
    { path: "/chat?tenant=amt-nord", host: "klub.localhost", status: 200, text: '"muc_domain":"rooms.amt-nord' },
    { path: "/chat?choose", host: "amt-nord.localhost", status: 200, text: "Wählen Sie Ihre Einrichtung." },
    { path: "/chat?tenant=none", host: "127.0.0.1", status: 404, text: "Diese Einrichtung gibt es hier nicht." },
    { path: "/chat?tenant=a&tenant=b", host: "127.0.0.1", status: 404, text: "Diese Einrichtung gibt es hier nicht." },
  ])("$path at $host gives the tenant's page or the list", async ({ path, host, status, text }) => {
    const response = await request(world().app).get(path).set("Host", host);
    expect(response.status).toBe(status);
    expect(response.text).toContain(text);
  });

  it("write names of tenants as text", async () => {
    const list = await request(world().app).get("/chat");
    expect(list.text).toContain("&lt;Klub&gt; &amp; Co");
    const page = await request(world().app).get("/chat?tenant=klub");
    expect(page.text).not.toContain("<Klub>");
    expect(page.text).toContain('"tenant":"\\u003cKlub> & Co"');
  });

  it("say that a part is away while the tenants cannot be read", async () => {
    const response = await request(world({ tenantsAway: true }).app)
      .get("/chat")
      .set("Accept", "text/html");
    expect([response.status, response.type]).toEqual([503, "text/html"]);
    expect(response.text).toContain("gerade nicht erreichbar");
  });
});

describe("files of the pages", () => {
  it("come compressed, with a tag, and for a year where the address names a version", async () => {
    const { app } = world();
    const page = await request(app).get("/chat?tenant=amt-nord");
    const script = /"assets_path":"([^"]+)"/.exec(page.text)?.[1];
    const response = await request(app).get(`${script}/converse.min.css`);
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({
      "content-encoding": "gzip",
      "cache-control": "public, max-age=31536000, immutable",
      "content-type": "text/css; charset=utf-8",
    });
    const again = await request(app)
      .get(`${script}/converse.min.css`)
      .set("If-None-Match", response.get("ETag") ?? "");
    expect(again.status).toBe(304);
    expect((await request(app).get(`${script}/converse.min.js.map`)).status).toBe(404);
    expect((await request(app).get(`${script}/libomemo.esm.min.js`)).status).toBe(404);
  });
});
