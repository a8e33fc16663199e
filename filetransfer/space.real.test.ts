import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { quotas } from "../config/sections/quotas.ts";
import { localActor } from "../identity/audit.ts";
import { createTenant } from "../identity/tenant-store.ts";
import { newId } from "../platform/ids.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { whileLocked } from "../test/support/while-locked.ts";
import { countBytes } from "./space.ts";
import { addSlot, removeRows, removeUnusedSlots } from "./store.ts";

const defaults = quotas.parse({});
const tenant = "klein";
let scratch: ScratchDatabase;

beforeAll(async () => {
  scratch = await scratchDatabase();
  const people = { name: "Klein", contact: "C", deputy: "D" };
  await createTenant(
    scratch.db,
    { id: tenant, domain: "klein.test", ...people, quotas: { storageBytes: 1_000 } },
    { actor: localActor("cli"), now: new Date(), newId },
  );
});
afterAll(() => scratch.drop());

async function slot(size: number, now = Date.now()): Promise<string> {
  const id = newId();
  const times = { expiresAt: now + 1_000, uploadUntil: now + 60_000 };
  const file = { tenant, id, owner: "a@klein.test", name: "a.bin", type: undefined, size, ...times };
  await addSlot(scratch.db, file, now, defaults);
  return id;
}

it("gives the last bytes to one of those who ask at once, and has them back when its row goes", async () => {
  const first = await slot(600);
  const results = await whileLocked(scratch, sql`select from file_usage where tenant_id = 'klein' for update`, 3, () =>
    Promise.allSettled([slot(400), slot(400), slot(400)]),
  );
  const given = results.filter((result) => result.status === "fulfilled").map(({ value }) => value);
  expect(given).toHaveLength(1);
  for (const result of results) {
    if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "quota-reached" });
  }
  expect(await countBytes(scratch.db, tenant)).toBe(1_000);
  expect(await removeRows(scratch.db, tenant, [first, ...given])).toBe(2);
  expect(await countBytes(scratch.db, tenant)).toBe(0);
});

it("takes slots whose time is over for free before they are swept, and says when others end", async () => {
  const now = Date.now();
  await slot(1_000, now);
  await expect(slot(1_000, now)).rejects.toMatchObject({ code: "quota-reached", extra: { retryAfterSeconds: 60 } });
  await slot(1_000, now + 60_001);
  await expect(slot(1_001, now)).rejects.toMatchObject({ code: "too-large", extra: { maxBytes: 1_000 } });
  expect(await removeUnusedSlots(scratch.db, tenant, now + 60_001)).toBe(1);
  expect(await countBytes(scratch.db, tenant)).toBe(1_000);
});
