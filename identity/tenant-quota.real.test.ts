import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import { quotas } from "../config/sections/quotas.ts";
import { newId } from "../platform/ids.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { whileLocked } from "../test/support/while-locked.ts";
import { localActor } from "./audit.ts";
import { addPeople } from "./store.ts";
import { stepTenant } from "./tenant-life.ts";
import { checkPeople, quotaOf } from "./tenant-quota.ts";
import { createTenant } from "./tenant-store.ts";

const defaults = quotas.parse({});
let scratch: ScratchDatabase;
const change = { actor: localActor("cli", "test"), now: new Date(), newId };
const tenant = { id: "klein", domain: "klein.test", name: "Klein", contact: "C", deputy: "D", quotas: { people: 2 } };

interface Tables {
  person: { tenant_id: string; id: string; localpart: string; name: string; created_at: Date };
}

const addOne = (localpart: string) =>
  scratch.db.withTenants([tenant.id], async (trx: Transaction<Tables>) => {
    await checkPeople(trx, tenant.id, defaults);
    const row = { tenant_id: tenant.id, id: newId(), localpart, name: localpart, created_at: new Date() };
    await trx.insertInto("person").values(row).execute();
  });

beforeAll(async () => {
  scratch = await scratchDatabase();
  await createTenant(scratch.db, tenant, change);
});
afterAll(() => scratch.drop());

it("gives the tenant's own limits before the installation's", async () => {
  expect(await quotaOf(scratch.db, "klein", defaults)).toMatchObject({ people: 2, rooms: 500 });
  await expect(quotaOf(scratch.db, "niemand", defaults)).rejects.toMatchObject({ code: "not-found" });
});

it("gives the last place to one of those who ask at once, and says to the others what is full", async () => {
  await addPeople(scratch.db, "klein", [{ localpart: "erste", name: "E", roles: [] }], newId, new Date());
  // Held up by us until all of them have seen the last place free and wait for the tenant's row.
  const results = await whileLocked(scratch, sql`select from tenant where id = 'klein' for update`, 4, () =>
    Promise.allSettled(["a", "b", "c", "d"].map(addOne)),
  );
  const refused = results.filter((result) => result.status === "rejected").map(({ reason }) => reason);
  expect(refused).toHaveLength(3);
  for (const reason of refused) {
    expect(reason).toMatchObject({ code: "policy-violation", extra: { quota: "people", limit: 2, used: 2 } });
  }
});

it("lets nothing be added to a tenant that is closed", async () => {
  await stepTenant(scratch.db, "klein", "close", change);
  await expect(addOne("spaet")).rejects.toMatchObject({ code: "conflict" });
});
