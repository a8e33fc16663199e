/** What a tenant's rules let nobody keep goes before its period, and that it is gone is proven like any deletion. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newId } from "../platform/ids.ts";
import { now, retentionWorld, type World } from "../test/support/retention-world.ts";
import { deleteEarly } from "./delete-early.ts";
import { pageEvidence, verifyEvidence } from "./store-evidence.ts";

let world: World;
beforeAll(async () => {
  world = await retentionWorld();
  await world.reset();
}, 60_000);
afterAll(() => world?.drop());

test("rows before an instant are gone, of this tenant only, each batch with its evidence", async () => {
  const rest = { room: "019b0000-0000-7000-8000-00000000000a", tenant: "amt" } as const;
  // More than one batch, and one in the very instant, which stays.
  const at = (minute: number) => new Date(now.getTime() - minute * 60_000);
  const many = Array.from({ length: 1_100 }, (_unused, index) => ({ ...rest, seq: 1_000 + index, at: at(20) }));
  await world.insert([...many, { ...rest, seq: 9_000, at: at(15) }]);
  const all = await world.left();
  const going = all.filter((row) => row.tenant === "amt" && row.at < at(15));
  const gone = () => deleteEarly({ db: world.db, newId }, "message-archive", { tenant: "amt", before: at(15), now });
  expect(await gone()).toBe(going.length);
  expect(await world.left()).toEqual(all.filter((row) => !going.includes(row)));

  const evidence = await pageEvidence(world.db, "amt", 0, 10);
  const counts = evidence.map(({ rowCount }) => rowCount);
  expect([counts[0], counts.reduce((sum, count) => sum + count)]).toEqual([1_000, going.length]);
  expect(evidence[0]).toMatchObject({
    ...{ class: "content", kind: "message-archive", segment: "room_log", result: "deleted" },
    ...{ cutoff: "2026-07-20T09:45:00.000000Z", segmentHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect((await verifyEvidence(world.owner)).broken).toEqual([]);

  // Nothing left, nothing on record.
  expect([await gone(), (await pageEvidence(world.db, "amt", 0, 10)).length]).toEqual([0, evidence.length]);
  expect(await pageEvidence(world.db, "schule", 0, 10)).toEqual([]);
});

test("a kind that its domain deletes is refused", async () => {
  const asked = { tenant: "amt", before: now, now };
  await expect(deleteEarly({ db: world.db, newId }, "file", asked)).rejects.toMatchObject({ code: "internal" });
});
