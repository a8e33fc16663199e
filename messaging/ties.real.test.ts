/**
 * What a deleted person has in rooms ends, whichever process owns them by then, and until it has the name is nobody
 * else's. On a database of the test's own, so that the moments between are the test's to choose.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import { quotas } from "../config/sections/quotas.ts";
import { dueAccountTasks, finishAccountTask } from "../identity/account-store.ts";
import { addTenant, localActor, openTies, personTiesTopic } from "../identity/index.ts";
import { createPerson, deletePerson } from "../identity/person-store.ts";
import type { PeopleDeps } from "../identity/person-tables.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { wake } from "../platform/wake.ts";
import { eventually, realStack, silentLog } from "../test/support/real.ts";
import { ownRooms } from "../test/support/rooms-owner.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { FencedError } from "./commit.ts";
import { defaultConfig } from "./core-config.ts";
import { createRoom } from "./store.ts";
import { storeInvitation, storeMemberships } from "./store-changes.ts";
import { putInvitations } from "./store-invitations.ts";
import { takeOwnership } from "./store-owner.ts";
import { finishTies, readFormerNames } from "./store-ties.ts";
import type { Tables } from "./tables.ts";

const { settings } = realStack();
const redis = openRedis(settings.redis.url, silentLog);
const actor = localActor("cli", "test");
let scratch: ScratchDatabase;
let folder: string;
let deps: PeopleDeps;
let tenant: { readonly id: string; readonly domain: string };
let anna: { readonly id: string };
let owners: (() => Promise<void>)[] = [];

beforeAll(async () => {
  scratch = await scratchDatabase();
  await redisReady(redis, 5_000);
  folder = await mkdtemp(join(tmpdir(), "kontor-ties-"));
  const { publicUrl } = settings.http;
  const given = { quotas: settings.quotas, clock: Date.now, newId, secret: settings.xmpp.secret, publicUrl };
  deps = { db: scratch.db, redis, log: silentLog, ...given };
}, 60_000);
afterAll(async () => {
  redis.disconnect();
  await scratch.drop();
  await rm(folder, { recursive: true });
});

const bare = (local: string) => `${local}@${tenant.domain}`;
const add = (localpart: string) =>
  createPerson(deps, tenant.id, { localpart, name: localpart, email: null, password: "wolke tisch ampel" }, actor);

beforeEach(async () => {
  const id = `ties-${newId().slice(-8)}`;
  tenant = { id, domain: `${id}.example` };
  const people = { name: id, contact: "Contact", deputy: "Deputy", partners: [] };
  await addTenant(scratch.owner, { ...tenant, ...people }, new Date());
  anna = await add("anna");
  await accountSettled();
});
afterEach(stopOwners);

async function stopOwners() {
  for (const stop of owners) await stop();
  owners = [];
}
const startOwner = async () => void owners.push(await ownRooms(scratch.db, redis, [tenant], folder));

const inTenant = <R>(work: (trx: Transaction<Tables>) => Promise<R>) => scratch.db.withTenants([tenant.id], work);
const makeRoom = async (name: string, owner: string) => {
  const room = { id: newId(), name, config: defaultConfig(name), owner, locked: false };
  const making = { now: new Date(), newId, defaults: quotas.parse({}), actor: () => actor };
  await createRoom(scratch.db, tenant.id, room, making);
  return room.id;
};
const changeOf = async (roomId: string, fence?: number) => ({
  ...{ db: scratch.db, tenant, roomId, by: bare("ben"), as: "owner", now: new Date(), newId },
  fence: fence ?? (await takeOwnership(scratch.db, tenant.id, "test")),
});
const tie = async (roomId: string, local: string, affiliation: "member" | "admin" | "outcast", nick?: string) =>
  storeMemberships(await changeOf(roomId), [
    { bare: bare(local), before: undefined, membership: { affiliation, nick, reason: undefined } },
  ]);
const invite = async (roomId: string, inviter: string, invitee: string) =>
  storeInvitation(
    {
      ...(await changeOf(roomId)),
      also: (trx) =>
        putInvitations(
          trx,
          { tenant: tenant.id, roomId },
          { inviter: bare(inviter), invitees: [bare(invitee)], letter: newId(), members: [] },
          new Date(),
        ),
    },
    [bare(invitee)],
  );
const tiesOf = (local: string) =>
  inTenant(async (trx) => [
    ...(await trx.selectFrom("room_affiliation").select("room_id").where("jid", "=", bare(local)).execute()),
    ...(await trx.selectFrom("room_invitation").select("room_id").where("invitee", "=", bare(local)).execute()),
    ...(await trx.selectFrom("room_invitation").select("room_id").where("inviter", "=", bare(local)).execute()),
  ]);
/** Whatever the server was to do it has done: the account is there, or gone. */
const accountSettled = async () => {
  for (const task of await dueAccountTasks(scratch.db, tenant.id, 10, [])) {
    await finishAccountTask(scratch.db, tenant.id, task, new Date(), newId);
  }
  await wake(redis, personTiesTopic, { tenant: tenant.id }, silentLog);
};
const open = () => openTies(scratch.db, tenant.id, "rooms", 10);
const ended = () => eventually(async () => ((await open()).length === 0 ? true : undefined), "the ties to end");
const audited = async (action: string) => {
  const { rows } = await inTenant((trx) =>
    sql<{ after: unknown }>`select after from audit_entry where tenant_id = ${tenant.id} and action = ${action}
      order by position`.execute(trx),
  );
  return rows.map(({ after }) => after);
};

test("affiliations, a reserved nick, a ban and invitations are gone before the name is anybody else's", async () => {
  await makeRoom("eigen", bare("anna"));
  const rat = await makeRoom("rat", bare("ben"));
  const [bann, offen] = [await makeRoom("bann", bare("ben")), await makeRoom("offen", bare("ben"))];
  await tie(rat, "anna", "admin", "Anna");
  await tie(rat, "carl", "member");
  await tie(bann, "anna", "outcast");
  await invite(offen, "ben", "anna");
  await invite(offen, "anna", "dora");
  await startOwner();
  await deletePerson(deps, tenant.id, anna.id, actor);
  await ended();
  expect(await tiesOf("anna")).toEqual([]);
  // Rights are gone while the account is not: the name still is taken.
  await expect(add("anna")).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/being deleted/),
  });
  await accountSettled();
  const namesake = await eventually(() => add("anna").catch(() => undefined), "the name to be free");
  expect(namesake.id).not.toBe(anna.id);
  expect(await tiesOf("anna")).toEqual([]);
  expect(await tiesOf("carl")).toHaveLength(1);
  expect(await audited("person:untie")).toEqual([
    { area: "rooms", rooms: 3, invitations: 1 },
    { area: "rooms", rooms: 0, invitations: 0 },
  ]);
  expect(await audited("room:members")).toContainEqual([{ jid: bare("anna"), affiliation: "none" }]);
  // Who is invited answers to nobody.
  const left = await inTenant((trx) => trx.selectFrom("room_invitation").select(["invitee", "inviter"]).execute());
  expect(left).toEqual([{ invitee: bare("dora"), inviter: tenant.domain }]);
});

test("more rooms than one page holds", async () => {
  const many = 120;
  await inTenant((trx) =>
    sql`with made as (
        insert into room (tenant_id, id, name, config, created_at)
        select ${tenant.id}, gen_random_uuid(), 'r' || n, ${JSON.stringify(defaultConfig("r"))}, now()
        from generate_series(1, ${sql.lit(many)}) as n returning tenant_id, id)
      insert into room_affiliation (tenant_id, room_id, jid, affiliation)
      select tenant_id, id, ${bare("anna")}, 'member' from made`.execute(trx),
  );
  await startOwner();
  await deletePerson(deps, tenant.id, anna.id, actor);
  await eventually(async () => ((await open()).length === 0 ? true : undefined), "the ties to end", 20_000);
  expect(await audited("person:untie")).toEqual([{ area: "rooms", rooms: many, invitations: 0 }]);
}, 30_000);

test("with no owner of the rooms the name stays taken; the next owner ends what is left", async () => {
  await makeRoom("eigen", bare("anna"));
  await deletePerson(deps, tenant.id, anna.id, actor);
  await accountSettled();
  await expect(add("anna")).rejects.toMatchObject({ code: "conflict" });
  expect(await tiesOf("anna")).toHaveLength(1);
  await startOwner();
  await eventually(() => add("anna").catch(() => undefined), "the name to be free");
  expect(await tiesOf("anna")).toEqual([]);
});

test("an owner that is replaced ends nothing, and the next one all", async () => {
  const eigen = await makeRoom("eigen", bare("anna"));
  await deletePerson(deps, tenant.id, anna.id, actor);
  const [found] = await open();
  if (!found) throw new Error("no ties");
  const old = await changeOf(eigen);
  await storeMemberships(old, [{ bare: bare("anna"), before: undefined, membership: undefined }]);
  // Here it stopped, another one took over, and it goes on.
  await takeOwnership(scratch.db, tenant.id, "next");
  const ending = { tenant, bare: bare("anna"), name: "anna", rooms: 1, now: new Date(), newId };
  await expect(finishTies(scratch.db, found, { ...ending, fence: old.fence })).rejects.toBeInstanceOf(FencedError);
  expect(await open()).toEqual([found]);
  await startOwner();
  await ended();
});

test("what was begun before the account was gone does not end what begins then", async () => {
  await deletePerson(deps, tenant.id, anna.id, actor);
  const [first] = await open();
  if (!first) throw new Error("no ties");
  await accountSettled();
  const [second] = await open();
  expect(second?.round).not.toBe(first.round);
  const fence = await takeOwnership(scratch.db, tenant.id, "test");
  const ending = { tenant, fence, bare: bare("anna"), name: "anna", rooms: 0, now: new Date(), newId };
  expect(await finishTies(scratch.db, first, ending)).toBeUndefined();
  await expect(add("anna")).rejects.toMatchObject({ code: "conflict" });
  expect(await finishTies(scratch.db, second ?? first, ending)).toEqual({ gone: true });
  // From then on the address is a former one, once for each who had it.
  expect(await readFormerNames(scratch.db, tenant.id)).toEqual(new Map([["anna", 1]]));
  await add("anna");
});

test("whoever is being deleted gets no new ties, and a room with one is not passed over", async () => {
  const rat = await makeRoom("rat", bare("ben"));
  await deletePerson(deps, tenant.id, anna.id, actor);
  await expect(tie(rat, "anna", "member")).rejects.toMatchObject({ code: "not-found" });
  await expect(invite(rat, "ben", "anna")).rejects.toMatchObject({ code: "not-found" });
  await expect(makeRoom("neu", bare("anna"))).rejects.toMatchObject({ code: "not-found" });
  await tie(rat, "nobody-we-know", "member");
  await inTenant((trx) =>
    trx
      .insertInto("room_affiliation")
      .values({ tenant_id: tenant.id, room_id: rat, jid: bare("anna"), affiliation: "admin" })
      .execute(),
  );
  const [found] = await open();
  if (!found) throw new Error("no ties");
  const { fence } = await changeOf(rat);
  const ending = { tenant, fence, bare: bare("anna"), name: "anna", rooms: 0, now: new Date(), newId };
  expect(await finishTies(scratch.db, found, ending)).toBeUndefined();
  expect(await tiesOf("anna")).toHaveLength(1);
});

test("rooms that have ended keep nothing of a deleted person either", async () => {
  await makeRoom("vorbei", bare("anna"));
  await inTenant((trx) => trx.updateTable("room").set({ ended_at: new Date() }).execute());
  await deletePerson(deps, tenant.id, anna.id, actor);
  await startOwner();
  await ended();
  expect(await tiesOf("anna")).toEqual([]);
});
