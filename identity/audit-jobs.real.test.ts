/** Signing of the audit log by the running worker: at its hour, and when it is asked to. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import express from "express";
import type { Transaction } from "kysely";
import request from "supertest";
import { apiRouter } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { openQueue } from "../platform/queue.ts";
import { openPatientRedis } from "../platform/redis.ts";
import { type OwnTenants, ownTenants } from "../test/support/own-tenants.ts";
import { tokenFor } from "../test/support/principal.ts";
import { eventually, openTestDatabase, realStack, silentLog } from "../test/support/real.ts";
import { type AuditTables, audit, localActor } from "./audit.ts";
import { auditRoutes } from "./audit-http.ts";
import { auditKeys, signatureFault } from "./core-audit-signature.ts";

const { settings } = realStack();
const db = openTestDatabase();
const redis = openPatientRedis(settings.redis.url, silentLog);
const queue = openQueue<object>("audit", redis, silentLog);
const keys = auditKeys(readFileSync(settings.audit.signingKey ?? "", "utf8"));
let tenants: OwnTenants;
let tenant = "";

beforeAll(async () => {
  tenants = await ownTenants();
  tenant = (await tenants.create("siegel")).id;
});
afterAll(async () => {
  await tenants.close();
  await queue.close();
  redis.disconnect();
  await db.close();
});

/** A new entry, which no signature covers; gives its position. */
async function entry(): Promise<number> {
  return db.withTenants([tenant], async (trx: Transaction<AuditTables>) => {
    await audit(trx, localActor("cli"), { tenant, action: "person:change", object: "person/1" }, new Date(), newId);
    const chain = trx.selectFrom("audit_chain").select("position").where("tenant_id", "=", tenant);
    return (await chain.executeTakeFirstOrThrow()).position;
  });
}

/** What is wrong with the signature of the head that stood at this position or behind it, once there is one. */
function faultOf(position: number): Promise<string | undefined> {
  return eventually(async () => {
    const row = await db.withTenants([tenant], (trx: Transaction<AuditTables>) =>
      trx
        .selectFrom("audit_signature")
        .selectAll()
        .where("tenant_id", "=", tenant)
        .where("position", ">=", position)
        .executeTakeFirst(),
    );
    if (!row) return undefined;
    const head = { tenant, position: row.position, hash: row.hash, at: row.at.toISOString() };
    return { fault: signatureFault(head, { signature: row.signature, keyId: row.key_id }, keys) };
  }, "a signature of the worker").then(({ fault }) => fault);
}

test("a request over REST has the worker sign what is there", async () => {
  const routes = auditRoutes({ db, clock: Date.now, newId, redis, log: silentLog });
  const app = express().use(apiRouter(routes, async () => tokenFor(null, "audit:read")));
  const position = await entry();
  await request(app).post("/audit/signatures").expect(202);
  expect(await faultOf(position)).toBeUndefined();
});

test("it is due each night, and when its hour has come the worker signs and plans the next", async () => {
  const planned = async () => (await queue.getDelayed()).find(({ id }) => id?.startsWith("repeat:daily:"));
  expect(await queue.getJobScheduler("daily")).toMatchObject({ pattern: "17 0 * * *", tz: "Etc/UTC" });
  const position = await entry();
  const job = await planned();
  await job?.promote();
  expect(await faultOf(position)).toBeUndefined();
  const next = await eventually(async () => {
    const found = await planned();
    return found && found.id !== job?.id ? found : undefined;
  }, "the next night's job");
  expect(new Date(next.timestamp + next.delay).toISOString()).toMatch(/T00:17:00/);
});
