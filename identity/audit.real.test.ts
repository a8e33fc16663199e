import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import express, { type Express } from "express";
import { type RawBuilder, sql } from "kysely";
import request from "supertest";
import { z } from "zod";
import { apiRouter, problemHandler } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { openRedis } from "../platform/redis.ts";
import { tokenFor } from "../test/support/principal.ts";
import { realStack, silentLog } from "../test/support/real.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { audit, INSTALLATION, localActor } from "./audit.ts";
import { auditRoutes } from "./audit-http.ts";
import { signHeads } from "./audit-sign.ts";
import { verifyAudit } from "./audit-verify.ts";
import { auditKeys, auditSigner } from "./core-audit-signature.ts";
import { addTenant } from "./store.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const keys = auditKeys(pem);
const now = new Date("2026-03-01T10:00:00.000Z");

let world: ScratchDatabase;
let app: Express;
const redis = openRedis(realStack().settings.redis.url, silentLog);
const tamper = (text: RawBuilder<unknown>) => text.execute(world.owner.common());

beforeAll(async () => {
  world = await scratchDatabase();
  for (const id of ["amt", "schule"]) {
    const people = { name: id, contact: "c", deputy: "d", partners: [] };
    await addTenant(world.owner, { id, domain: `${id}.test`, ...people }, now);
  }
  app = express();
  app.set("query parser", "simple");
  const routes = auditRoutes({ db: world.db, clock: () => now.getTime(), newId, redis, log: silentLog });
  app.use(
    "/api/v1",
    apiRouter(routes, async ({ headers }) => ({
      ...tokenFor(headers["x-tenant"] === "all" ? null : "amt", "audit:read"),
      id: String(headers["x-who"] ?? "dpo-1"),
      name: "Doro Schutz",
    })),
  );
  app.use(problemHandler(silentLog));
});
afterAll(async () => {
  redis.disconnect();
  await world?.drop();
});

const write = (tenant: string, action: string, object: string, reason?: string) =>
  world.db.withTenants([tenant], (trx) =>
    audit(
      trx,
      localActor("cli", reason),
      { tenant, action, object, before: { a: 1 }, after: { password: "x" } },
      now,
      newId,
    ),
  );

beforeEach(async () => {
  await tamper(sql`truncate audit_entry, audit_chain, audit_signature, actor`);
  for (let each = 1; each <= 5; each++)
    await write("amt", each === 3 ? "group:change" : "person:create", `person/${each}`);
  await write("schule", "person:create", "person/9");
  await write(INSTALLATION, "tenant:create", "tenant/amt", '=cmd|"x"');
});

const answer = z.object({
  items: z.array(
    z.looseObject({ position: z.number(), action: z.string(), actor: z.looseObject({ name: z.string().nullable() }) }),
  ),
  next: z.string().nullable(),
});
const get = async (query: string, who = "dpo-1") => {
  const response = await request(app).get(`/api/v1/tenants/amt/audit${query}`).set("X-Who", who);
  return {
    status: response.status,
    ...(response.status === 200 ? answer.parse(response.body) : { items: [], next: null }),
  };
};
const positions = (items: readonly { position: number }[]) => items.map(({ position }) => position);

describe("searching", () => {
  test("gives pages, newest first, under one entry of its own", async () => {
    const first = await get("?limit=2");
    expect(positions(first.items)).toEqual([5, 4]);
    const second = await get(`?limit=2&cursor=${first.next}`);
    expect(positions(second.items)).toEqual([3, 2]);
    const third = await get(`?limit=2&cursor=${second.next}`);
    expect([positions(third.items), third.next]).toEqual([[1], null]);
    const log = await get("");
    expect(log.items.map(({ action }) => action)).toEqual([
      "audit:read",
      "person:create",
      "person:create",
      "group:change",
      "person:create",
      "person:create",
    ]);
  });

  test.each([
    ["?action=group:", [3]],
    ["?object=person/2", [2]],
    ["?actor=cl", [5, 4, 3, 2, 1]],
    ["?actor=nobody", []],
    ["?actor=%25", []],
    ["?from=2026-03-01T10:00:00.001Z", []],
    ["?to=2026-03-01T10:00:00Z", []],
    ["?from=2026-03-01T11:00:00%2B01:00&to=2026-03-01T10:00:00.001Z", [5, 4, 3, 2, 1]],
  ])("%s", async (query, expected) => {
    expect(positions((await get(query)).items)).toEqual(expected);
  });

  test("goes on only for who began it, and for the filter that was logged", async () => {
    const { next } = await get("?limit=1");
    expect((await get(`?limit=1&cursor=${next}`, "dpo-2")).status).toBe(400);
    expect((await get(`?limit=1&action=group:&cursor=${next}`)).status).toBe(400);
    const forged = Buffer.from(JSON.stringify({ search: 1, before: 9 })).toString("base64url");
    expect((await get(`?cursor=${forged}`)).status).toBe(400);
    expect((await get("?cursor=bm9uZQ")).status).toBe(400);
  });

  test("another tenant's log is not there, the installation's not allowed", async () => {
    expect((await request(app).get("/api/v1/tenants/schule/audit")).status).toBe(404);
    expect((await request(app).get("/api/v1/audit")).status).toBe(403);
    const all = await request(app).get("/api/v1/audit").set("X-Tenant", "all");
    expect(answer.parse(all.body).items.map(({ action }) => action)).toEqual(["tenant:create"]);
  });

  test("an erased person has no name, and the chain still holds", async () => {
    await tamper(sql`delete from actor where tenant_id = 'amt'`);
    expect((await get("")).items[0]?.actor.name).toBeNull();
    expect((await verifyAudit(world.owner, keys)).broken).toEqual([]);
  });
});

describe("exporting", () => {
  test("CSV without formulas, JSON, both logged with their filter", async () => {
    const csv = await request(app).get("/api/v1/audit/export").set("X-Tenant", "all");
    expect(csv.headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(csv.headers["content-disposition"]).toBe("attachment; filename=audit.csv");
    const [head, line] = csv.text.split("\r\n");
    expect(head).toBe("position,at,actor,name,roles,action,object,before,after,reason,address,requestId,hash");
    expect(line).toContain(`,cli,,tenant:create,tenant/amt,"{""a"":1}","{""password"":""***""}","'=cmd|""x""",`);
    const json = await request(app).get("/api/v1/tenants/amt/audit/export?format=json&action=group:");
    expect(z.array(z.looseObject({ position: z.number() })).parse(json.body)).toEqual([
      expect.objectContaining({ position: 3 }),
    ]);
    const none = await request(app).get("/api/v1/tenants/amt/audit/export?format=json&action=none");
    expect(none.text).toBe("[]\n");
    const [last] = (await get("?action=audit:export&limit=1")).items;
    expect(last).toMatchObject({ after: { format: "json", action: "none" }, actor: { name: "Doro Schutz" } });
  });
});

describe("what was tampered with is named", () => {
  test.each<[string, RawBuilder<unknown>[], number, string]>([
    [
      "an object",
      [sql`update audit_entry set object = 'person/0' where tenant_id = 'amt' and position = 2`],
      2,
      "its hash does not fit its content",
    ],
    [
      "a microsecond",
      [sql`update audit_entry set at = at + interval '1 microsecond' where tenant_id = 'amt' and position = 3`],
      3,
      "its hash does not fit its content",
    ],
    [
      "a member of after",
      [sql`update audit_entry set after = '{}' where tenant_id = 'amt' and position = 4`],
      4,
      "its hash does not fit its content",
    ],
    ["a row taken out", [sql`delete from audit_entry where tenant_id = 'amt' and position = 2`], 3, "row 2 is missing"],
    [
      "the end cut off, with its head",
      [
        sql`delete from audit_entry where tenant_id = 'amt' and position > 3`,
        sql`update audit_chain set position = 3, hash = (select hash from audit_entry where tenant_id = 'amt' and position = 3) where tenant_id = 'amt'`,
      ],
      5,
      "it was signed and is missing",
    ],
    [
      "everything",
      [sql`delete from audit_entry where tenant_id = 'amt'`, sql`delete from audit_chain where tenant_id = 'amt'`],
      0,
      "the chain has no head",
    ],
    [
      "a signature",
      [sql`update audit_signature set signature = 'AAAA' where tenant_id = 'amt'`],
      5,
      "its signature is wrong",
    ],
  ])("%s", async (_name, tampering, position, why) => {
    expect(await signHeads(world.db, auditSigner(pem), now)).toHaveLength(3);
    expect(await verifyAudit(world.owner, keys)).toEqual({ rows: 7, signatures: 3, chains: 3, broken: [] });
    for (const each of tampering) await tamper(each);
    expect((await verifyAudit(world.owner, keys)).broken).toEqual([{ tenant: "amt", position, why }]);
  });

  test("a chain that was written anew is not what was signed", async () => {
    await signHeads(world.db, auditSigner(pem), now);
    await tamper(sql`delete from audit_entry where tenant_id = 'amt'`);
    await tamper(sql`delete from audit_chain where tenant_id = 'amt'`);
    for (let each = 1; each <= 6; each++) await write("amt", "person:create", `person/${each}`);
    expect((await verifyAudit(world.owner, keys, "amt")).broken).toEqual([
      { tenant: "amt", position: 5, why: "it is not what was signed" },
    ]);
  });

  test("a signature of a key that nobody knows", async () => {
    await signHeads(world.db, auditSigner(pem), now);
    const { broken } = await verifyAudit(world.owner, new Map(), "schule");
    expect(broken).toEqual([{ tenant: "schule", position: 1, why: expect.stringMatching(/unknown key [0-9a-f]{16}/) }]);
  });

  test("a head is signed once", async () => {
    await signHeads(world.db, auditSigner(pem), now);
    expect(await signHeads(world.db, auditSigner(pem), now)).toEqual([]);
    await write("amt", "person:create", "person/6");
    expect(await signHeads(world.db, auditSigner(pem), now)).toMatchObject([{ tenant: "amt", position: 6 }]);
  });

  test("the application may not change or delete what is written", async () => {
    const try_ = (text: RawBuilder<unknown>) => world.db.withTenants(["amt"], (trx) => text.execute(trx));
    for (const table of ["audit_entry", "audit_signature"]) {
      await expect(try_(sql`delete from ${sql.table(table)}`)).rejects.toMatchObject({ code: "42501" });
      await expect(try_(sql`update ${sql.table(table)} set hash = 'x'`)).rejects.toMatchObject({ code: "42501" });
    }
    await expect(verifyAudit(world.db, keys)).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("./kontor verify audit", () => {
  const kontor = fileURLToPath(new URL("../kontor", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  const keyFile = join(folder, "key.pem");
  writeFileSync(keyFile, pem, { mode: 0o600 });
  afterAll(() => rmSync(folder, { recursive: true }));
  const verify = (...more: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const database = { KONTOR_DATABASE_URL: world.url, KONTOR_DATABASE_ADMIN_URL: world.url };
      const env = { ...process.env, ...database, KONTOR_AUDIT_SIGNING_KEY: keyFile };
      const child = execFile(kontor, ["verify", "audit", ...more], { env }, (_error, out, err) =>
        resolve({ code: child.exitCode ?? -1, out, err }),
      );
    });

  test("says what holds, or ends with 1 and names the broken row", async () => {
    await signHeads(world.db, auditSigner(pem), now);
    const good = "7 rows and 3 signatures of 3 audit logs verified, 0 chains broken\n";
    expect(await verify()).toEqual({ code: 0, out: good, err: "" });
    await tamper(sql`update audit_entry set reason = 'x' where position = 1 and tenant_id <> '-'`);
    const { code, err } = await verify();
    expect(code).toBe(1);
    expect(err).toBe(
      "broken: amt, row 1: its hash does not fit its content\nbroken: schule, row 1: its hash does not fit its content\n",
    );
    expect((await verify("--tenant", "-")).code).toBe(0);
  });
});
