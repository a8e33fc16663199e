import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { realStack, silentLog } from "../test/support/real.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import type { Actor } from "./audit.ts";
import { deletePerson, disablePerson } from "./person-store.ts";
import type { PeopleDeps } from "./person-tables.ts";
import { putRole, removeRole } from "./role-store.ts";
import { addTenant } from "./store.ts";

/** A tenant keeps an administrator, whoever goes and however many go at once. */

const { settings } = realStack();
const redis = openRedis(settings.redis.url, silentLog);
const actor: Actor = {
  ...{ who: newId(), name: "Operator", roles: ["operator"], reason: "leaves the office" },
  ...{ address: undefined, requestId: undefined },
};
const now = new Date();
let scratch: ScratchDatabase;
let deps: PeopleDeps;
let tenant: string;
let first: string;
let second: string;

beforeAll(async () => {
  scratch = await scratchDatabase();
  await redisReady(redis, 5_000);
  const { publicUrl } = settings.http;
  deps = {
    db: scratch.db,
    redis,
    log: silentLog,
    clock: () => +now,
    newId,
    secret: settings.xmpp.secret,
    publicUrl,
    quotas: settings.quotas,
  };
});
afterAll(async () => {
  redis.disconnect();
  await scratch.drop();
});

const grantOf = (id: string, expiresAt: Date | null = null) =>
  ({ person: { tenant, id }, role: "tenant-administrator", scope: tenant, expiresAt }) as const;
const give = (id: string, expiresAt?: Date) => putRole(scratch.db, actor, grantOf(id, expiresAt), now, newId);
const take = (id: string) => removeRole(scratch.db, actor, grantOf(id), now, newId);

beforeEach(async () => {
  tenant = `last-${newId().slice(-8)}`;
  const people = { contact: "Contact", deputy: "Deputy", partners: [] };
  await addTenant(scratch.owner, { id: tenant, domain: `${tenant}.example`, name: tenant, ...people }, now);
  const add = async (localpart: string) => {
    const id = newId();
    await scratch.owner.withTenants([tenant], (trx) =>
      sql`insert into person (tenant_id, id, localpart, name, created_at)
        values (${tenant}, ${id}, ${localpart}, ${localpart}, ${now})`.execute(trx),
    );
    await give(id);
    return id;
  };
  [first, second] = [await add("first"), await add("second")];
});

const refused = { code: "conflict", extra: { reason: "last-administrator" } };
const ways = [
  ["taken the role", take],
  ["disabled", (id: string) => disablePerson(deps, tenant, id, actor)],
  ["deleted", (id: string) => deletePerson(deps, tenant, id, actor)],
  ["given the role for an hour only", (id: string) => give(id, new Date(+now + 3_600_000))],
] as const;

test.each(ways)("the last one is not %s; once there is another, that is", async (_what, way) => {
  await take(second);
  await expect(way(first)).rejects.toMatchObject(refused);
  await give(second);
  await way(first);
  await expect(take(second)).rejects.toMatchObject(refused);
});

test.each(ways)("of two that are %s at once, one stays", async (_what, way) => {
  const went = await Promise.allSettled([way(first), way(second)]);
  expect(went.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(went.find(({ status }) => status === "rejected")).toMatchObject({ reason: refused });
});

test("one is disabled while the other loses the role: one stays", async () => {
  const went = await Promise.allSettled([disablePerson(deps, tenant, first, actor), take(second)]);
  expect(went.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("who is disabled or holds it for a while only does not count as the other", async () => {
  await disablePerson(deps, tenant, second, actor);
  await expect(take(first)).rejects.toMatchObject(refused);
  await take(second);
  const third = newId();
  await scratch.owner.withTenants([tenant], (trx) =>
    sql`insert into person (tenant_id, id, localpart, name, created_at)
      values (${tenant}, ${third}, 'third', 'third', ${now})`.execute(trx),
  );
  await give(third, new Date(+now + 3_600_000));
  await expect(take(first)).rejects.toMatchObject(refused);
  await give(third);
  await take(first);
});
