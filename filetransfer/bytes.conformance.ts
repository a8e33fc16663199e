/** What every byte store must do: one suite for all kinds, run by the test of each kind. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "@jest/globals";
import type { ByteStore } from "./bytes.ts";

const tenant = "amt-nord";
const newKey = () => ({ tenant, blob: randomUUID() });

async function* chunks(...parts: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

async function blobs(store: ByteStore, of = tenant): Promise<string[]> {
  const found: string[] = [];
  for await (const { blob } of store.list(of)) found.push(blob);
  return found.sort();
}

const whole = async (store: ByteStore, key: ReturnType<typeof newKey>, size: number) =>
  buffer(await store.read(key, size, { start: 0, length: size }));

/** `open` gives an empty store each time. */
export function byteStoreConformance(name: string, open: () => Promise<ByteStore>): void {
  describe(`${name} as a byte store`, () => {
    test("gives back what it took, with its hash, whole and in parts", async () => {
      const store = await open();
      const key = newKey();
      const bytes = randomBytes(200_000);
      const { sha256 } = await store.put(key, bytes.length, chunks(bytes.subarray(0, 70_001), bytes.subarray(70_001)));
      expect(sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
      expect((await whole(store, key, bytes.length)).equals(bytes)).toBe(true);
      for (const [start, length] of [
        [0, 1],
        [199_999, 1],
        [65_535, 65_538],
      ] as const) {
        const part = await buffer(await store.read(key, bytes.length, { start, length }));
        expect(part.equals(bytes.subarray(start, start + length))).toBe(true);
      }
      expect(await blobs(store)).toEqual([key.blob]);
    });

    test("takes an empty file", async () => {
      const store = await open();
      const key = newKey();
      const { sha256 } = await store.put(key, 0, chunks());
      expect(sha256).toBe(createHash("sha256").digest("hex"));
      expect(await whole(store, key, 0)).toHaveLength(0);
    });

    test.each([
      ["too few bytes", [Buffer.alloc(9)], "bad-request"],
      ["too many bytes", [Buffer.alloc(6), Buffer.alloc(6)], "too-large"],
    ])("leaves nothing of %s", async (_what, parts, code) => {
      const store = await open();
      const key = newKey();
      await expect(store.put(key, 10, chunks(...parts))).rejects.toMatchObject({ code });
      expect(await blobs(store)).toEqual([]);
      expect(await store.removeUnfinished(tenant, Number.MAX_SAFE_INTEGER)).toBe(0);
      await expect(store.read(key, 10, { start: 0, length: 1 })).rejects.toMatchObject({ code: "not-found" });
    });

    test("leaves nothing of an upload that broke off, and says why it did", async () => {
      const store = await open();
      const broken = new Error("the sender went away");
      await expect(store.put(newKey(), 10, chunks(Buffer.alloc(5), broken))).rejects.toBe(broken);
      expect(await blobs(store)).toEqual([]);
      expect(await store.removeUnfinished(tenant, Number.MAX_SAFE_INTEGER)).toBe(0);
    });

    test("shows nothing of an upload under way, and the sweep leaves it alone", async () => {
      const store = await open();
      const key = newKey();
      let go: () => void = () => undefined;
      let begun: () => void = () => undefined;
      const started = new Promise<void>((resolve) => (begun = resolve));
      const gate = new Promise<void>((resolve) => (go = resolve));
      const slow = async function* () {
        yield Buffer.alloc(5);
        begun();
        await gate;
        yield Buffer.alloc(5);
      };
      const upload = store.put(key, 10, slow());
      await started;
      expect(await blobs(store)).toEqual([]);
      await expect(store.read(key, 10, { start: 0, length: 1 })).rejects.toMatchObject({ code: "not-found" });
      expect(await store.removeUnfinished(tenant, Date.now() - 3_600_000)).toBe(0);
      go();
      await upload;
      expect(await whole(store, key, 10)).toHaveLength(10);
      expect(await store.removeUnfinished(tenant, Number.MAX_SAFE_INTEGER)).toBe(0);
    });

    test("takes many uploads at once and removes only what it is told to", async () => {
      const store = await open();
      const keys = Array.from({ length: 20 }, newKey);
      await Promise.all(keys.map((key, index) => store.put(key, 1_000, chunks(Buffer.alloc(1_000, index)))));
      const [first, ...rest] = keys;
      if (first) await store.remove(first);
      if (first) await store.remove(first);
      expect(await blobs(store)).toEqual(rest.map(({ blob }) => blob).sort());
      for (const [index, key] of rest.entries()) {
        expect((await whole(store, key, 1_000)).every((byte) => byte === index + 1)).toBe(true);
      }
    });

    test("keeps tenants apart", async () => {
      const store = await open();
      const key = newKey();
      await store.put(key, 1, chunks(Buffer.alloc(1)));
      expect(await blobs(store, "schule-sued")).toEqual([]);
      const foreign = { tenant: "schule-sued", blob: key.blob };
      await expect(store.read(foreign, 1, { start: 0, length: 1 })).rejects.toMatchObject({ code: "not-found" });
      await store.remove(foreign);
      expect(await blobs(store)).toEqual([key.blob]);
    });

    test("says so when a blob is not what its row tells", async () => {
      const store = await open();
      const key = newKey();
      await store.put(key, 5, chunks(Buffer.alloc(5)));
      await expect(store.read(key, 6, { start: 0, length: 6 })).rejects.toMatchObject({ code: "internal" });
    });

    test("tells the time of the last write", async () => {
      const store = await open();
      const before = Date.now() - 2_000;
      await store.put(newKey(), 1, chunks(Buffer.alloc(1)));
      for await (const { writtenAt } of store.list(tenant)) {
        expect(writtenAt).toBeGreaterThan(before);
        expect(writtenAt).toBeLessThan(before + 60_000);
      }
      expect(await blobs(store)).toHaveLength(1);
    });
  });
}
