import { execFileSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, describe, expect, test } from "@jest/globals";
import { byteStoreConformance } from "./bytes.conformance.ts";
import { diskBytes } from "./disk.ts";

const root = await mkdtemp(join(tmpdir(), "kontor-disk-"));
afterAll(() => rm(root, { recursive: true, force: true }));
const newFolder = () => join(root, randomUUID());

byteStoreConformance("a disk", async () => diskBytes(newFolder()));

const one = () => Readable.from([Buffer.alloc(1)]);

describe("a disk", () => {
  test("keeps a tenant's files in shards that only their owner can read", async () => {
    const folder = newFolder();
    const blob = "018f0000-0000-7000-8000-0000000000c7";
    await diskBytes(folder).put({ tenant: "amt-nord", blob }, 1, one());
    const { mode } = await stat(join(folder, "amt-nord", "c7", blob));
    expect(mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "amt-nord"))).mode & 0o777).toBe(0o700);
  });

  test.each([
    ["..", randomUUID()],
    ["a/b", randomUUID()],
    ["", randomUUID()],
    ["amt-nord", "../../../x"],
    ["amt-nord", ""],
  ])("goes to no path outside: tenant %j", async (tenant, blob) => {
    const folder = newFolder();
    await expect(diskBytes(folder).put({ tenant, blob }, 1, one())).rejects.toMatchObject({ code: "internal" });
    await expect(readdir(folder)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("removes what a dead process left, once nobody wrote to it for long", async () => {
    const folder = newFolder();
    const store = diskBytes(folder);
    const kept = { tenant: "amt-nord", blob: "018f0000-0000-7000-8000-0000000000c7" };
    await store.put(kept, 1, one());
    const shard = join(folder, "amt-nord", "c7");
    const left = join(shard, `${randomUUID()}.part`);
    await writeFile(left, "half");
    await utimes(left, 1_000, 1_000);
    expect(await store.removeUnfinished("amt-nord", 1_000_000)).toBe(0);
    expect(await store.removeUnfinished("amt-nord", 1_000_001)).toBe(1);
    expect(await readdir(shard)).toEqual([kept.blob]);
  });

  test("never writes over a blob that another upload is writing", async () => {
    const folder = newFolder();
    const store = diskBytes(folder);
    const key = { tenant: "amt-nord", blob: "018f0000-0000-7000-8000-0000000000c7" };
    await mkdir(join(folder, "amt-nord", "c7"), { recursive: true });
    const other = join(folder, "amt-nord", "c7", `${key.blob}.part`);
    await writeFile(other, "of the other");
    await expect(store.put(key, 1, one())).rejects.toMatchObject({ code: "EEXIST" });
    expect((await stat(other)).size).toBe(12);
  });
});

const mayMount = process.platform === "linux" && process.getuid?.() === 0;
(mayMount ? describe : describe.skip)("a full disk", () => {
  const folder = join(root, "full");
  afterAll(() => {
    execFileSync("/bin/umount", [folder]);
  });

  test("says it is full, leaves nothing, and takes what fits", async () => {
    await mkdir(folder);
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]);
    const store = diskBytes(folder);
    const bytes = randomBytes(512 * 1024);
    const tooMuch = { tenant: "amt-nord", blob: randomUUID() };
    await expect(store.put(tooMuch, bytes.length, Readable.from([bytes]))).rejects.toMatchObject({
      code: "unavailable",
      cause: expect.objectContaining({ code: "ENOSPC" }),
    });
    const fits = { tenant: "amt-nord", blob: randomUUID() };
    await store.put(fits, 100_000, Readable.from([bytes.subarray(0, 100_000)]));
    const found: string[] = [];
    for await (const { blob } of store.list("amt-nord")) found.push(blob);
    expect(found).toEqual([fits.blob]);
    expect(await store.removeUnfinished("amt-nord", Number.MAX_SAFE_INTEGER)).toBe(0);
  });
});
