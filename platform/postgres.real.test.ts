import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { type Kysely, sql } from "kysely";
import { addTenant } from "../identity/index.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { newId } from "./ids.ts";

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
