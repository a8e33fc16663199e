import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { hashToken } from "../platform/secrets.ts";
import { DOMAIN, type OidcWorld, oidcWorld, TENANT } from "../test/support/oidc-world.ts";
import { withClaims } from "../test/support/openid-provider.ts";
import { WebWalker } from "../test/support/web-walker.ts";

/** Sign-in through a real OpenID provider, and everything that must not get in that way. */

let world: OidcWorld;
let administrator: string;
const path = `/tenants/${TENANT}/sign-in`;
const started = z.object({ url: z.string() });

const settings = () => ({
  issuer: world.provider.issuer,
  clientId: world.provider.client.id,
  clientSecret: world.provider.client.secret,
  tenantClaim: "org",
  tenantValue: "amt",
});
const setUp = (change: object = {}) => world.as(administrator, "PUT", path, { ...settings(), ...change });

beforeAll(async () => {
  world = await oidcWorld();
  administrator = await world.addPerson("anna", { role: "tenant-administrator" });
  await world.addPerson("ingrid", { email: "Ingrid@Post.example" });
  await world.addPerson("jan", { status: "disabled" });
  await world.addPerson("twin-one", { email: "twin@post.example" });
  await world.addPerson("twin-two", { email: "twin@post.example" });
});
afterAll(() => world.close());

beforeEach(async () => {
  expect((await setUp()).status).toBe(200);
});
afterEach(() => {
  world.provider.forge = undefined;
  world.provider.people.clear();
});

const start = (browser: WebWalker, headers = {}, tenant = TENANT) =>
  browser.ask(`${world.base}/api/v1/oidc/start`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ tenant }),
  });
const isCallback = (url: string) => url.startsWith(`${world.base}/api/v1/oidc/`);

/** Goes through the provider's forms as somebody; gives the address the browser is then sent back to. */
async function throughProvider(browser: WebWalker, name: string): Promise<string> {
  const { url } = started.parse(await (await start(browser)).json());
  let page = await browser.follow(url, isCallback);
  // The form for the name, unless the provider knows the browser already, and the one for the consent.
  while (!isCallback(page.url)) page = await browser.submit(page, { login: name, password: "any" }, isCallback);
  return page.url;
}

/** Where the callback leads. */
async function comeBack(browser: WebWalker, callback: string): Promise<string | null> {
  const answer = await browser.ask(callback);
  expect(answer.status).toBe(303);
  return answer.headers.get("location");
}

const signIn = async (name: string, browser = new WebWalker()) =>
  comeBack(browser, await throughProvider(browser, name));
const sessionOf = (browser: WebWalker) => browser.ask(`${world.base}/api/v1/session`);
const refused = (problem: string) => `/console/sign-in?problem=${problem}`;

test("who the provider knows and the tenant has is signed in, and a stranger after signing out", async () => {
  const browser = new WebWalker();
  expect(await signIn("ingrid", browser)).toBe("/console");
  const me = await sessionOf(browser);
  expect(me.status).toBe(200);
  const { person, csrf } = z.object({ person: z.looseObject({}), csrf: z.string() }).parse(await me.json());
  expect(person).toMatchObject({ tenant: TENANT, localpart: "ingrid" });
  expect([...browser.cookies(world.base).keys()]).toEqual(["kontor-session"]);
  const headers = { "x-csrf-token": csrf };
  const out = await browser.ask(`${world.base}/api/v1/session`, { method: "DELETE", headers });
  expect(out.status).toBe(204);
  expect((await sessionOf(browser)).status).toBe(401);
  expect(world.lines.join("\n")).toContain("Signed in through the organisation");
  expect(world.lines.join("\n")).not.toContain(world.provider.client.secret);
});

test("a session that began so ends when the person is disabled", async () => {
  const browser = new WebWalker();
  expect(await signIn("ingrid", browser)).toBe("/console");
  await world.become("ingrid", "disabled");
  try {
    expect((await sessionOf(browser)).status).toBe(401);
    expect(await signIn("ingrid")).toBe(refused("nobody"));
  } finally {
    await world.become("ingrid", "active");
  }
});

test("a person is found by e-mail address where the tenant says so", async () => {
  await setUp({ personClaim: "email", personMatch: "email" });
  world.provider.people.set("x1", { email: "ingrid@post.example", email_verified: true });
  world.provider.people.set("x2", { email: "ingrid@post.example", email_verified: false });
  world.provider.people.set("x3", { email: "twin@post.example" });
  expect(await signIn("x1")).toBe("/console");
  expect(await signIn("x2")).toBe(refused("no-person-claim"));
  // Two people have it: neither is meant for certain.
  expect(await signIn("x3")).toBe(refused("nobody"));
});

describe("nobody gets in", () => {
  test.each([
    ["of another organisation", "ingrid", { org: "schule" }, "other-organisation"],
    ["without the claim of the organisation", "ingrid", { org: undefined }, "other-organisation"],
    ["whom the tenant does not have", "stranger", {}, "nobody"],
    ["who is disabled", "jan", {}, "nobody"],
    ["without a name", "ingrid", { preferred_username: undefined }, "no-person-claim"],
  ])("%s", async (_who, name, claims, problem) => {
    world.provider.people.set(name, claims);
    const browser = new WebWalker();
    expect(await signIn(name, browser)).toBe(refused(problem));
    expect((await sessionOf(browser)).status).toBe(401);
  });

  test.each([
    ["of another issuer", { iss: "https://other.example" }, true],
    ["for another client", { aud: "somebody-else" }, true],
    ["that has expired", { exp: 1_000_000_000, iat: 999_999_000 }, true],
    ["of another sign-in", { nonce: "other" }, true],
    ["that was changed on the way", { preferred_username: "anna" }, false],
  ])("with an ID token %s", async (_which, change, signed) => {
    world.provider.forge = (token) => withClaims(token, change, signed);
    const browser = new WebWalker();
    expect(await signIn("ingrid", browser)).toMatch(/problem=(invalid|other-issuer)$/);
    expect((await sessionOf(browser)).status).toBe(401);
  });

  test("with an ID token that nobody signed", async () => {
    const header = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    world.provider.forge = (token) => `${header}.${token.split(".")[1]}.`;
    expect(await signIn("ingrid")).toBe(refused("invalid"));
  });

  test("with what was used before", async () => {
    const browser = new WebWalker();
    const callback = await throughProvider(browser, "ingrid");
    const cookies = new Map(browser.cookies(world.base));
    expect(await comeBack(browser, callback)).toBe("/console");
    for (const [name, value] of cookies) browser.cookies(world.base).set(name, value);
    expect(await comeBack(browser, callback)).toBe(refused("expired"));
    // A code that was used, brought with a state that is new.
    const { url } = started.parse(await (await start(browser)).json());
    const again = new URL(callback);
    again.searchParams.set("state", new URL(url).searchParams.get("state") ?? "");
    expect(await comeBack(browser, again.href)).toBe(refused("refused"));
  });

  test("with what another browser began", async () => {
    const [victim, thief] = [new WebWalker(), new WebWalker()];
    const callback = await throughProvider(victim, "ingrid");
    await start(thief);
    expect(await comeBack(thief, callback)).toBe(refused("other-browser"));
    expect((await sessionOf(thief)).status).toBe(401);
    // It is used up for the one who began it, too.
    expect(await comeBack(victim, callback)).toBe(refused("expired"));
  });

  test("too late, or after the settings have changed", async () => {
    const browser = new WebWalker();
    const late = await throughProvider(browser, "ingrid");
    const key = `kontor:oidc:${hashToken(new URL(late).searchParams.get("state") ?? "")}`;
    const left = await world.redis.pttl(key);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(600_000);
    await world.redis.pexpire(key, 0);
    expect(await comeBack(browser, late)).toBe(refused("expired"));
    const before = await throughProvider(browser, "ingrid");
    await setUp({ tenantValue: "other" });
    expect(await comeBack(browser, before)).toBe(refused("expired"));
  });

  test.each([
    "",
    "?state=x",
    "?state=a&state=b",
    `?state=${"A".repeat(43)}&code=x`,
    "?error=access_denied",
    "?code=%00",
  ])("with a callback such as %s", async (query) => {
    const url = `${world.base}/api/v1/oidc/${TENANT}/callback${query}`;
    expect(await comeBack(new WebWalker(), url)).toBe(refused("expired"));
  });

  test("who was refused by the provider, whose words stay outside", async () => {
    const browser = new WebWalker();
    const { url } = started.parse(await (await start(browser)).json());
    const asked = new URL(`${world.base}/api/v1/oidc/${TENANT}/callback`);
    asked.searchParams.set("state", new URL(url).searchParams.get("state") ?? "");
    asked.searchParams.set("error", "access_denied");
    asked.searchParams.set("error_description", "<script>alert(1)</script>");
    asked.searchParams.set("iss", world.provider.issuer);
    expect(await comeBack(browser, asked.href)).toBe(refused("refused"));
    expect(world.lines.join("\n")).not.toContain("<script>");
  });

  test("from a page of another site", async () => {
    expect((await start(new WebWalker(), { origin: "https://evil.example" })).status).toBe(403);
    expect((await start(new WebWalker(), { "sec-fetch-site": "cross-site" })).status).toBe(403);
  });
});

test("the client's secret is another one: the provider says so", async () => {
  await setUp({ clientSecret: "another secret" });
  expect(await signIn("ingrid")).toBe(refused("client-refused"));
});

test("what a domain offers is told, and never who there is", async () => {
  const offer = async (domain: string) => {
    const answer = await fetch(`${world.base}/api/v1/oidc/offer?domain=${encodeURIComponent(domain)}`);
    return answer.ok ? answer.json() : answer.status;
  };
  expect(await offer(DOMAIN)).toEqual({ password: true, organisation: { tenant: TENANT } });
  expect(await offer("nowhere.example")).toEqual({ password: true, organisation: null });
  expect(await offer("' or 1=1 --")).toBe(400);
  expect((await world.as(administrator, "DELETE", path)).status).toBe(204);
  expect(await offer(DOMAIN)).toEqual({ password: true, organisation: null });
  expect((await start(new WebWalker())).status).toBe(404);
  expect((await start(new WebWalker(), {}, "nowhere")).status).toBe(404);
  expect((await start(new WebWalker(), {}, "No\0body")).status).toBe(400);
});
