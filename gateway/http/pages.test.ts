import { describe, expect, it } from "@jest/globals";
import request from "supertest";
import { world } from "../../test/web/app-world.ts";

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
