/** A command of the API and its sender, who gives it up in the moment it is done: exactly one of the two comes true. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import { quotas } from "../config/sections/quotas.ts";
import { addTenant } from "../identity/index.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { eventually, realStack, silentLog } from "../test/support/real.ts";
import { ownRooms } from "../test/support/rooms-owner.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { type CommitEntry, commitEntries, prepareDays } from "./commit.ts";
import { defaultConfig } from "./core-config.ts";
import { createRoom } from "./store.ts";
import { putCommand, takeAnswer, WithdrawnError } from "./store-commands.ts";
import { takeOwnership } from "./store-owner.ts";
import type { Tables } from "./tables.ts";

const TENANT = "amt";
const actor = {
  who: "anna",
  name: "Anna",
  roles: ["user"],
  reason: undefined,
  address: undefined,
  requestId: undefined,
};
/** None of these messages points to one. */
const noFiles = { release: async () => [], remove: async () => undefined };
let scratch: ScratchDatabase;
let folder: string;
let roomId: string;
let fence: number;

beforeAll(async () => {
  scratch = await scratchDatabase();
  folder = await mkdtemp(join(tmpdir(), "kontor-withdrawal-"));
  const people = { contact: "Contact", deputy: "Deputy", partners: [] };
  await addTenant(scratch.owner, { id: TENANT, domain: "amt.example", name: "Amt", ...people }, new Date());
  await prepareDays(scratch.owner, new Date());
}, 60_000);
afterAll(async () => {
  await scratch.drop();
  await rm(folder, { recursive: true });
});

const makeRoom = async (name: string): Promise<string> => {
  const id = newId();
  const room = { id, name, config: defaultConfig(name), owner: `anna@amt.example`, locked: false };
  const defaults = quotas.parse({});
  await createRoom(scratch.db, TENANT, room, { now: new Date(), newId, defaults, actor: async () => actor });
  return id;
};

beforeEach(async () => {
  roomId = await makeRoom(`saal-${newId()}`);
  fence = await takeOwnership(scratch.db, TENANT, "test");
});

const put = async (): Promise<string> => {
  const id = newId();
  const command = { do: "say", body: "Moin" } as const;
  const asked = { ...actor, roles: [...actor.roles] };
  const payload = { room: "saal", by: "anna@amt.example", as: "admin", actor: asked, command } as const;
  await putCommand(scratch.db, TENANT, { id, payload, at: new Date() });
  return id;
};
const entry = (seq: number, command?: string): CommitEntry => ({
  ...{ tenant: TENANT, fence, roomId, seq, id: newId(), at: new Date(), sender: "anna@amt.example", nick: "Anna" },
  ...{ occupantId: "o", origin: null, originRef: null, stanza: "<message/>", body: "Moin", subject: undefined },
  command: command === undefined ? undefined : { id: command, actor, change: { action: "room:subject", after: "x" } },
});
const commit = (entries: readonly CommitEntry[]) =>
  commitEntries(scratch.db, entries, { files: noFiles, newId, log: silentLog });
const logged = () =>
  scratch.db.withTenants([TENANT], async (trx: Transaction<Tables>) => {
    const rows = await trx.selectFrom("room_log").select("id").where("room_id", "=", roomId).orderBy("seq").execute();
    return rows.map(({ id }) => id);
  });
const audited = () =>
  scratch.db.withTenants([TENANT], async (trx: Transaction<unknown>) => {
    const { rows } = await sql<{ after: unknown }>`
      select after from audit_entry where tenant_id = ${TENANT} and object = ${`room/${roomId}`}
        and action = 'room:subject'`.execute(trx);
    return rows.length;
  });
/** Waits until somebody waits for a lock in this database. */
const someoneWaits = () =>
  eventually(async () => {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
      `.execute(scratch.owner.common());
    return rows[0]?.n ? true : undefined;
  }, "a wait for a lock");
/** Holds what `lock` locks until the returned function is called. */
async function holding(lock: (trx: Transaction<Tables>) => Promise<unknown>): Promise<() => Promise<void>> {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let held: () => void = () => undefined;
  const locked = new Promise<void>((resolve) => {
    held = resolve;
  });
  const work = scratch.db.withTenants([TENANT], async (trx: Transaction<Tables>) => {
    await lock(trx);
    held();
    await released;
  });
  await locked;
  return async () => {
    release();
    await work;
  };
}

test("given up first: nothing of it is in the log, whatever came with it is done without", async () => {
  const command = await put();
  // The sender has deleted it and not committed yet; the owner comes in between and waits.
  const giveUp = await holding((trx) => trx.deleteFrom("room_command").where("id", "=", command).execute());
  const mine = entry(1, command);
  const other = entry(2);
  const work = commit([mine, other]);
  const refused = expect(work).rejects.toMatchObject({ name: "WithdrawnError", entries: [mine.id] });
  await someoneWaits();
  await giveUp();
  await refused;
  expect([await logged(), await audited()]).toEqual([[], 0]);
  await commit([{ ...other, seq: 1 }]);
  expect(await logged()).toEqual([other.id]);
});

test("done first: who gives up in that moment gets the answer", async () => {
  const command = await put();
  // The owner has settled the command and waits for its ownership; the sender comes in between and waits.
  const letGo = await holding((trx) =>
    trx.selectFrom("room_owner").select("fence").where("tenant_id", "=", TENANT).forUpdate().execute(),
  );
  const mine = entry(1, command);
  const work = commit([mine]);
  await someoneWaits();
  const answer = takeAnswer(scratch.db, TENANT, command, true);
  await letGo();
  await work;
  expect(await answer).toEqual({ result: mine.id });
  expect([await logged(), await audited()]).toEqual([[mine.id], 1]);
});

test("a batch that is written again after a broken connection is not taken for withdrawn, and on record once", async () => {
  const command = await put();
  const mine = entry(1, command);
  await commit([mine]);
  await commit([mine]);
  expect(await takeAnswer(scratch.db, TENANT, command, true)).toEqual({ result: mine.id });
  await commit([mine]);
  expect([await logged(), await audited()]).toEqual([[mine.id], 1]);
});

test("what another owner did meanwhile is done no second time", async () => {
  const command = await put();
  await commit([entry(1, command)]);
  fence = await takeOwnership(scratch.db, TENANT, "next");
  await expect(commit([entry(2, command)])).rejects.toBeInstanceOf(WithdrawnError);
  expect(await logged()).toHaveLength(1);
});

test("an owner that is fenced settles nothing", async () => {
  const command = await put();
  await takeOwnership(scratch.db, TENANT, "next");
  await expect(commit([entry(1, command)])).rejects.toMatchObject({ name: "FencedError" });
  expect([await logged(), await takeAnswer(scratch.db, TENANT, command, false)]).toEqual([[], undefined]);
});

test("an owner takes a message back once, however often it is asked, and tells who asked in the audit log", async () => {
  const name = `moderiert-${newId()}`;
  roomId = await makeRoom(name);
  const said = entry(1);
  await commit([
    { ...said, stanza: `<message from="${name}@rooms.amt.example/Anna" id="a"><body>Moin</body></message>` },
  ]);
  await scratch.db.withTenants([TENANT], (trx: Transaction<Tables>) =>
    trx.updateTable("room").set({ last_seq: 1 }).where("tenant_id", "=", TENANT).where("id", "=", roomId).execute(),
  );
  const id = newId();
  const asked = { who: "vera", name: "Vera", roles: ["moderator"], reason: "Beleidigung", requestId: "r-1" };
  const command = { do: "moderate", message: said.id, reason: "Beleidigung" } as const;
  const payload = { room: name, by: "vera@amt.example", as: "admin", actor: asked, command } as const;
  await putCommand(scratch.db, TENANT, { id, payload, at: new Date() });
  const redis = openRedis(realStack().settings.redis.url, silentLog);
  await redisReady(redis, 5_000);
  // Two processes that both take themselves for the owner.
  const tenants = [{ id: TENANT, domain: "amt.example" }];
  const owners = await Promise.all([1, 2].map(() => ownRooms(scratch.db, redis, tenants, folder)));
  const answer = await eventually(() => takeAnswer(scratch.db, TENANT, id, false), "the answer", 20_000);
  await Promise.all(owners.map((stop) => stop()));
  redis.disconnect();
  const ids = await logged();
  expect(ids).toEqual([said.id, answer.result]);
  const { rows } = await scratch.db.withTenants([TENANT], (trx: Transaction<unknown>) =>
    sql<{ roles: string[]; reason: string; request: string; after: unknown }>`
      select roles, reason, request_id as request, after from audit_entry
      where tenant_id = ${TENANT} and action = 'message:moderate'`.execute(trx),
  );
  expect(rows).toEqual([
    { roles: ["moderator"], reason: "Beleidigung", request: "r-1", after: { messages: 1, files: 0 } },
  ]);
}, 60_000);
