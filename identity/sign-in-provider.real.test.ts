import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { z } from "zod";
import { type OidcWorld, oidcWorld, TENANT } from "../test/support/oidc-world.ts";

/** The settings of a tenant's OpenID provider: who may change them, what is kept of them, and what a test of them says. */

let world: OidcWorld;
let strict: OidcWorld;
let administrator: string;
let officer: string;
const path = `/tenants/${TENANT}/sign-in`;

beforeAll(async () => {
  [world, strict] = [await oidcWorld(), await oidcWorld(false)];
  administrator = await world.addPerson("anna", { role: "tenant-administrator" });
  officer = await world.addPerson("otto", { role: "dpo" });
});
afterAll(async () => {
  await Promise.all([world.close(), strict.close()]);
});

const settings = () => ({
  issuer: world.provider.issuer,
  clientId: "kontor",
  clientSecret: "a very secret secret",
  tenantClaim: "org",
  tenantValue: "amt",
});
const put = (body: object, headers = {}) => world.as(administrator, "PUT", path, body, headers);
const probe = async () => {
  const answer = await world.as(administrator, "POST", `${path}/test`);
  return z.object({ problem: z.string().nullable(), detail: z.string().nullable() }).parse(await answer.json());
};

test("they are set up, read, changed by version and removed; the secret never comes out", async () => {
  expect((await world.as(administrator, "GET", path)).status).toBe(404);
  expect((await world.as(administrator, "POST", `${path}/test`)).status).toBe(404);
  const { clientSecret, ...open } = settings();
  expect((await put(open)).status).toBe(400);
  const made = await put(settings());
  expect(made.status).toBe(200);
  expect(made.headers.get("etag")).toBe('"v1"');
  const view = await made.json();
  const defaults = { personClaim: "preferred_username", personMatch: "localpart" };
  const redirectUri = `${world.base}/api/v1/oidc/${TENANT}/callback`;
  expect(view).toEqual({ ...open, ...defaults, redirectUri, version: 1, updatedAt: expect.any(String) });
  expect(await (await world.as(officer, "GET", path)).json()).toEqual(view);
  expect((await world.as(officer, "PUT", path, settings())).status).toBe(403);
  expect((await world.as(officer, "POST", `${path}/test`)).status).toBe(403);
  expect((await world.as(administrator, "GET", "/tenants/other/sign-in")).status).toBe(404);

  expect((await put({ ...open, tenantValue: "b" }, { "if-match": '"v9"' })).status).toBe(412);
  // The secret stays for the same client, and for no other.
  expect((await put({ ...open, tenantValue: "b" }, { "if-match": '"v1"' })).headers.get("etag")).toBe('"v2"');
  expect((await put({ ...open, clientId: "other" })).status).toBe(400);
  expect((await put({ ...open, issuer: "https://thief.example" })).status).toBe(400);
  expect((await world.as(administrator, "DELETE", path, undefined, { "if-match": '"v1"' })).status).toBe(412);
  expect((await world.as(administrator, "DELETE", path, undefined, { "if-match": '"v2"' })).status).toBe(204);
  expect((await world.as(administrator, "DELETE", path)).status).toBe(404);

  const entries = await world.scratch.owner.withTenants([TENANT], (trx) =>
    sql<{ action: string; before: unknown; after: unknown }>`select action, before, after from audit_entry
      where tenant_id = ${TENANT} order by position`.execute(trx),
  );
  expect(entries.rows.map(({ action }) => action)).toEqual(["sign-in:change", "sign-in:change", "sign-in:remove"]);
  expect(entries.rows[0]).toMatchObject({ before: null, after: { ...open, clientSecret: "***" } });
  expect(entries.rows[1]).toMatchObject({ before: { tenantValue: "amt" }, after: { tenantValue: "b" } });
  expect(JSON.stringify(entries.rows) + world.lines.join()).not.toContain(clientSecret);
});

test("the secret is sealed in the database", async () => {
  await put(settings());
  const { rows } = await world.scratch.owner.withTenants([TENANT], (trx) =>
    sql`select * from sign_in_provider where tenant_id = ${TENANT}`.execute(trx),
  );
  expect(rows.length).toBe(1);
  expect(JSON.stringify(rows)).not.toContain("secret secret");
});

test.each([
  [{ issuer: "ftp://id.example" }],
  [{ issuer: "no address" }],
  [{ issuer: "https://id.example/?x=1" }],
  [{ issuer: "https://user:word@id.example" }],
  [{ tenantValue: "" }],
  [{ tenantClaim: "a\nb" }],
  [{ personMatch: "name" }],
  [{ version: 7 }],
])("%j is refused", async (change) => {
  expect((await put({ ...settings(), ...change })).status).toBe(400);
});

test("a test of the settings says what is wrong", async () => {
  await put(settings());
  expect(await probe()).toEqual({ problem: null, detail: null });
  await put({ ...settings(), issuer: world.provider.issuer.replace("localhost", "127.0.0.1") });
  const other = await probe();
  // Where localhost is ::1 alone, nobody answers at the other address.
  expect(["other-issuer", "unreachable"]).toContain(other.problem);
  await put({ ...settings(), issuer: `${world.base}/console` });
  expect(await probe()).toMatchObject({
    problem: "no-provider",
    detail: expect.stringContaining("openid-configuration"),
  });
  await put({ ...settings(), issuer: "http://127.0.0.1:1" });
  expect(await probe()).toMatchObject({ problem: "unreachable" });
  const start = await fetch(`${world.base}/api/v1/oidc/start`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ tenant: TENANT }),
  });
  expect(start.status).toBe(503);
  expect(await start.json()).toMatchObject({ type: "urn:kontor:problem:unavailable" });
});

test("without the installation's leave no provider at a local address is asked", async () => {
  const id = await strict.addPerson("anna", { role: "tenant-administrator" });
  expect((await strict.as(id, "PUT", path, settings())).status).toBe(400);
  for (const host of ["127.0.0.1:1", "localhost:1", "[::1]:1", "192.168.0.1"]) {
    expect((await strict.as(id, "PUT", path, { ...settings(), issuer: `https://${host}` })).status).toBe(200);
    const answer = await strict.as(id, "POST", `${path}/test`);
    expect(await answer.json()).toMatchObject({ problem: "local-address" });
  }
});
