import { describe, expect, it } from "@jest/globals";
import { Validator } from "@seriousme/openapi-schema-validator";
import request from "supertest";
import { routes, TOKEN, world } from "../../test/web/app-world.ts";

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
    {
      name: "a defect",
      method: "delete",
      path: "/api/v1/tenants/amt-nord/broken",
      token: TOKEN,
      status: 500,
      code: "internal",
    },
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
    await request(app)
      .delete("/api/v1/tenants/amt-nord/broken")
      .set("Authorization", TOKEN)
      .set("X-Request-Id", "asked-by-test");
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

describe("callers behind a reverse proxy", () => {
  const turnedAway = async (trustedProxies: string[] | undefined, guesser: string, other: string) => {
    const { app } = world({ failures: 1, ...(trustedProxies ? { trustedProxies } : {}) });
    const ask = (token: string, forwarded: string) =>
      request(app).get("/api/v1/tenants/amt-nord/rooms").set("Authorization", token).set("X-Forwarded-For", forwarded);
    expect((await ask("Bearer guess", guesser)).status).toBe(401);
    return (await ask(TOKEN, other)).status === 429;
  };
  const proxies = ["127.0.0.0/8", "::1", "10.0.0.0/8"];
  it.each([
    ["are told apart", proxies, "192.0.2.1", "192.0.2.2", false],
    ["are known again", proxies, "192.0.2.1", "192.0.2.1", true],
    ["are told apart behind two proxies", proxies, "192.0.2.1, 10.1.2.3", "192.0.2.2, 10.1.2.3", false],
    [
      "cannot forge another address before their own",
      proxies,
      "198.51.100.1, 192.0.2.1",
      "198.51.100.2, 192.0.2.1",
      true,
    ],
    ["cannot pass for others where no proxy is trusted", undefined, "192.0.2.1", "192.0.2.2", true],
    ["cannot pass for others where another proxy is trusted", ["10.0.0.0/8"], "192.0.2.1", "192.0.2.2", true],
  ])("%s", async (_name, trusted, guesser, other, away) => {
    expect(await turnedAway(trusted, guesser, other)).toBe(away);
  });
});

describe("health and metrics", () => {
  it("says at the public door that it lives, and nothing of its inside", async () => {
    const { app } = world();
    const alive = await request(app).get("/healthz");
    expect([alive.status, alive.body]).toEqual([200, { status: "ok" }]);
    for (const path of ["/readyz", "/metrics"]) expect((await request(app).get(path)).status).toBe(404);
  });

  it("counts requests by route", async () => {
    const { app, metrics } = world();
    await request(app).get("/api/v1/tenants/amt-nord/rooms").set("Authorization", TOKEN);
    const lines = (await metrics.registry.metrics())
      .split("\n")
      .filter((line) => line.startsWith("kontor_http_request_seconds_count"));
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

  it.each([
    ["de", "Referenz der Schnittstelle"],
    ["en", "Interface reference"],
  ])("is a page without script that lists every route (%s)", async (language, title) => {
    const page = await request(world().app).get(`/api/docs?lang=${language}`);
    expect([page.status, page.type]).toEqual([200, "text/html"]);
    expect(page.get("Content-Security-Policy")).not.toMatch(/script-src|unsafe/);
    expect(page.text).not.toContain("<script");
    expect(page.text).toContain(`<h1>${title}</h1>`);
    for (const { method, path } of routes) expect(page.text).toContain(`${method.toUpperCase()} /api/v1${path}`);
  });

  it("gives each operation a name of its own, a tag and its problems", async () => {
    const { body } = await request(world().app).get("/api/v1/openapi.json");
    const { post } = body.paths["/api/v1/tenants/{tenant}/links"];
    expect(post).toMatchObject({ operationId: "doTenantLinks", tags: ["links"] });
    expect(Object.keys(post.responses)).toEqual(
      expect.arrayContaining(["201", "400", "401", "404", "409", "413", "422"]),
    );
  });
});
