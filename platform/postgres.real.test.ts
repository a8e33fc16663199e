import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { type Kysely, sql } from "kysely";
import { addTenant } from "../identity/index.ts";
import { silentLog } from "../test/support/real.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { newId } from "./ids.ts";
import { type Database, InDoubtError, openDatabase } from "./postgres.ts";

let scratch: ScratchDatabase;
const one = "amt-eins";
const two = "amt-zwei";

beforeAll(async () => {
  scratch = await scratchDatabase();
  const names = { name: "Amt", contact: "A", deputy: "B", partners: [] };
  for (const id of [one, two]) await addTenant(scratch.owner, { id, domain: `${id}.example`, ...names }, new Date());
});
afterAll(() => scratch.drop());

interface Tables {
  person_group: { tenant_id: string; id: string; name: string; created_at: Date };
}

const add = (trx: Kysely<Tables>, tenant: string, name: string) =>
  trx.insertInto("person_group").values({ tenant_id: tenant, id: newId(), name, created_at: new Date() }).execute();
const names = async (...tenants: string[]) =>
  scratch.db.withTenants<Tables, string[]>(tenants, async (trx) =>
    (await trx.selectFrom("person_group").select("name").orderBy("name").execute()).map(({ name }) => name),
  );

it("a transaction sees the rows of its tenants from its first statement on, and none without one", async () => {
  await scratch.db.withTenants<Tables, unknown>([one], (trx) => add(trx, one, "Bauamt"));
  await scratch.db.withTenants<Tables, unknown>([two], (trx) => add(trx, two, "Schulamt"));
  expect(await names(one)).toEqual(["Bauamt"]);
  expect(await names(two, one)).toEqual(["Bauamt", "Schulamt"]);
  expect(await names()).toEqual([]);
  // More at once than there are connections: none sees what another one's transaction was for.
  const seen = await Promise.all(Array.from({ length: 40 }, (_, index) => names(index % 2 === 0 ? one : two)));
  for (const [index, found] of seen.entries()) expect(found).toEqual([index % 2 === 0 ? "Bauamt" : "Schulamt"]);
});

it("writing a row of another tenant is refused, and the whole transaction is undone", async () => {
  const work = scratch.db.withTenants<Tables, void>([one], async (trx) => {
    await add(trx, one, "Ordnungsamt");
    await add(trx, two, "Fremdamt");
  });
  await expect(work).rejects.toThrow(/row-level security/);
  expect(await names(one, two)).toEqual(["Bauamt", "Schulamt"]);
});

it("a failure of the work's own undoes it, and the connection is as good as new", async () => {
  for (let turn = 0; turn < 20; turn++) {
    const work = scratch.db.withTenants<Tables, void>([one], async (trx) => {
      if (turn % 2 === 0) await add(trx, one, "Ordnungsamt");
      throw new Error("no");
    });
    await expect(work).rejects.toThrow("no");
  }
  expect(await names(one)).toEqual(["Bauamt"]);
});

it("work that ignores a failed statement is told at its end that nothing was kept", async () => {
  const work = scratch.db.withTenants<Tables, void>([one], async (trx) => {
    await add(trx, one, "Ordnungsamt");
    await sql`select 1 / 0`.execute(trx).catch(() => undefined);
  });
  await expect(work).rejects.toThrow();
  expect(await names(one)).toEqual(["Bauamt"]);
});

it("a transaction that does nothing, and one whose connection ends in the middle, harm nobody", async () => {
  await scratch.db.withTenants([one], async () => undefined);
  const work = scratch.db.withTenants<Tables, void>([one], async (trx) => {
    await add(trx, one, "Ordnungsamt");
    await sql`select pg_terminate_backend(pg_backend_pid())`.execute(trx).catch(() => undefined);
    await add(trx, one, "Standesamt");
  });
  await expect(work).rejects.toThrow();
  expect(await names(one)).toEqual(["Bauamt"]);
});

/** As owner: a function that the application may call. */
async function addFunction(head: string, body: string): Promise<void> {
  const text = `create function ${head} language plpgsql as $$ begin perform kontor_scope(tenants); ${body} end $$`;
  await sql.raw(text).execute(scratch.owner.common());
}

it("a call sees the rows of its tenants, and what it writes for another is refused and undone", async () => {
  await addFunction(
    "test_count(tenants text[]) returns table (n bigint)",
    "return query select count(*) from person_group;",
  );
  const counted = await Promise.all([[one], [two], [one, two], []].map((of) => scratch.db.call("test_count", of)));
  expect(counted).toEqual([[{ n: 1 }], [{ n: 1 }], [{ n: 2 }], [{ n: 0 }]]);
  // The next on the same connection is for nobody.
  expect(await names()).toEqual([]);
  await addFunction(
    "test_insert(tenants text[], into_tenants text[]) returns void",
    "insert into person_group (tenant_id, id, name, created_at) select t, gen_random_uuid(), 'Amt', now() from unnest(into_tenants) as t;",
  );
  const insert = (...into: string[]) => scratch.db.call("test_insert", [one], into);
  await expect(insert(one, two)).rejects.toThrow(/row-level security/);
  expect(await names(one)).toEqual(["Bauamt"]);
  await insert(one);
  expect(await names(one, two)).toEqual(["Amt", "Bauamt", "Schulamt"]);
});

it("a call that the server ends, or whose answer never came, is in doubt", async () => {
  await addFunction(
    "test_slow(tenants text[], called text, seconds double precision) returns void",
    "insert into person_group (tenant_id, id, name, created_at) select t, gen_random_uuid(), called, now() from unnest(tenants) as t; perform pg_sleep(seconds);",
  );
  const insert = (db: Database, name: string) => db.call("test_slow", [two], name, name === "Ended" ? 30 : 0);
  const ended = expect(insert(scratch.db, "Ended")).rejects.toMatchObject({ cause: { code: "57P01" } });
  for (let ends = 0; ends === 0; ) {
    const { rows } = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where state = 'active' and query like '%test_slow%' and pid <> pg_backend_pid()`.execute(scratch.owner.common());
    ends = rows.length;
  }
  await ended;

  // A way to the server on which every answer to this statement is lost, with the connection.
  const target = new URL(scratch.url);
  const way = createServer((socket) => {
    const server = connect(Number(target.port), target.hostname);
    let cut = false;
    socket.on("data", (sent) => {
      cut ||= sent.includes("Lost");
      server.write(sent);
    });
    server.on("data", (answer) => (cut ? socket.destroy() : socket.write(answer)));
    socket.on("close", () => server.end()).on("error", () => undefined);
    server.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(way, "listening");
  const url = new URL(scratch.url);
  url.host = `127.0.0.1:${(way.address() as AddressInfo).port}`;
  const db = openDatabase({ url: url.href, poolSize: 1 }, silentLog);
  await expect(insert(db, "Lost")).rejects.toThrow(InDoubtError);
  await db.close();
  way.close();
  for (let found = ""; !found.includes("Lost"); ) found = (await names(two)).join();
  expect(await names(two)).toEqual(["Lost", "Schulamt"]);
});
