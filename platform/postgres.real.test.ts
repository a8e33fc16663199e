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

it("one statement sees the rows of its tenants, and what it writes for another is refused and undone", async () => {
  const count = { name: "test-count", text: "select count(*) as n from person_group", values: [] };
  const counts = await Promise.all([[one], [two], [one, two], []].map((tenants) => scratch.db.oneFor(tenants, count)));
  expect(counts).toEqual([[{ n: 1 }], [{ n: 1 }], [{ n: 2 }], [{ n: 0 }]]);
  const text =
    "insert into person_group (tenant_id, id, name, created_at) select t, gen_random_uuid(), 'Amt', now() from unnest($1::text[]) as t";
  const insert = (...values: string[]) => scratch.db.oneFor([one], { name: "test-insert", text, values: [values] });
  await expect(insert(one, two)).rejects.toThrow(/row-level security/);
  expect(await names(one)).toEqual(["Bauamt"]);
  await insert(one);
  expect(await names(one, two)).toEqual(["Amt", "Bauamt", "Schulamt"]);
});

it("one statement that the server ends was not stored; one whose answer never came is in doubt", async () => {
  const insert = (db: Database, name: string) =>
    db.oneFor([two], {
      name: `test-${name}`,
      text: `insert into person_group (tenant_id, id, name, created_at)
        select $1, gen_random_uuid(), '${name}', now() from pg_sleep($2)`,
      values: [two, name === "Ended" ? 30 : 0],
    });
  const ended = expect(insert(scratch.db, "Ended")).rejects.toMatchObject({ code: "57P01" });
  for (let ends = 0; ends === 0; ) {
    const { rows } = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where state = 'active' and query like '%''Ended''%' and pid <> pg_backend_pid()`.execute(scratch.owner.common());
    ends = rows.length;
  }
  await ended;

  // A way to the server on which every answer to this statement is lost, with the connection.
  const target = new URL(scratch.url);
  const way = createServer((socket) => {
    const server = connect(Number(target.port), target.hostname);
    let cut = false;
    socket.on("data", (sent) => {
      cut ||= sent.includes("'Lost'");
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
