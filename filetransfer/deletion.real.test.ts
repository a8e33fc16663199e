import { randomUUID } from "node:crypto";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import request from "supertest";
import { openWorld, type World } from "../test/support/file-world.ts";
import type { ByteStore } from "./bytes.ts";
import { fileDeletion } from "./deletion.ts";
import { listStoredBefore } from "./store.ts";
import { sweepFiles } from "./sweep.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld(1);
});
afterAll(() => world.close());

const HOUR = 3_600_000;
// Long before anything else in this database: what is deleted before it is of these tests only.
const LONG_AGO = Date.parse("2001-09-09T00:00:00Z");

beforeEach(() => {
  world.ahead = 0;
});

async function stored(text: string, at = Date.now()) {
  world.ahead = at - Date.now();
  const slot = await world.slot(text.length);
  await request(world.app()).put(slot.put).send(text).expect(201);
  world.ahead = 0;
  return slot;
}

const rows = async () => (await listStoredBefore(world.deps.db, world.tenant, new Date(LONG_AGO + HOUR), 100)).length;

describe("deletion", () => {
  test("takes what was stored before the cutoff, oldest first, as many as asked", async () => {
    const deletion = fileDeletion(world.deps);
    await stored("one", LONG_AGO);
    const [first = ""] = await world.onDisk();
    await stored("two", LONG_AGO + 60_000);
    const cutoff = new Date(LONG_AGO + HOUR);
    expect(await deletion.deleteBefore(world.tenant, new Date(LONG_AGO), 10)).toBe(0);
    expect(await deletion.deleteBefore(world.tenant, cutoff, 1)).toBe(1);
    const left = await world.onDisk();
    expect(left).toHaveLength(1);
    expect(left).not.toContain(first);
    expect(await rows()).toBe(1);
    expect(await deletion.deleteBefore(world.tenant, cutoff, 10)).toBe(1);
    expect(await world.onDisk()).toEqual([]);
    expect(await deletion.deleteBefore(world.tenant, cutoff, 10)).toBe(0);
  });

  test("that fails half-way keeps the rows and is carried on later", async () => {
    await stored("one", LONG_AGO);
    await stored("two", LONG_AGO);
    const cutoff = new Date(LONG_AGO + HOUR);
    let calls = 0;
    const failing: ByteStore = {
      ...world.deps.bytes,
      remove: async (key) => {
        calls += 1;
        if (calls === 2) throw new Error("the store went away");
        await world.deps.bytes.remove(key);
      },
    };
    const broken = fileDeletion({ db: world.deps.db, bytes: failing });
    await expect(broken.deleteBefore(world.tenant, cutoff, 10)).rejects.toThrow("the store went away");
    expect(await world.onDisk()).toHaveLength(1);
    expect(await rows()).toBe(2);
    expect(await fileDeletion(world.deps).deleteBefore(world.tenant, cutoff, 10)).toBe(2);
    expect(await world.onDisk()).toEqual([]);
  });

  test("of one tenant leaves the files of another", async () => {
    const other = await openWorld(0);
    try {
      await stored("mine", LONG_AGO);
      const cutoff = new Date(LONG_AGO + HOUR);
      expect(await fileDeletion(other.deps).deleteBefore(other.tenant, cutoff, 10)).toBe(0);
      expect(await rows()).toBe(1);
      expect(await fileDeletion(world.deps).deleteBefore(world.tenant, cutoff, 10)).toBe(1);
    } finally {
      await other.close();
    }
  });
});

describe("the sweep", () => {
  test("removes bytes that no row knows, once they are old, and leaves files alone", async () => {
    const kept = await stored("kept");
    const [keptBlob = ""] = await world.onDisk();
    const orphan = randomUUID();
    await world.deps.bytes.put({ tenant: world.tenant, blob: orphan }, 3, Readable.from([Buffer.from("abc")]));
    await sweepFiles(world.deps);
    expect(await world.onDisk()).toHaveLength(2);
    for (const blob of await world.onDisk()) {
      await utimes(join(world.folder, world.tenant, blob.slice(-2), blob), 1_000, 1_000);
    }
    expect(await sweepFiles(world.deps)).toMatchObject({ orphans: 1, unfinished: 0 });
    expect(await world.onDisk()).toEqual([keptBlob]);
    await request(world.app()).get(kept.get).expect(200);
  });

  test("removes a slot when the time for its upload is over, not before", async () => {
    world.ahead = -2 * HOUR;
    const over = await world.slot(3);
    world.ahead = 0;
    const open = await world.slot(3);
    expect((await sweepFiles(world.deps)).slots).toBeGreaterThanOrEqual(1);
    await request(world.app()).put(open.put).send("abc").expect(201);
    world.ahead = -2 * HOUR;
    await request(world.app()).put(over.put).send("abc").expect(410);
  });
});
