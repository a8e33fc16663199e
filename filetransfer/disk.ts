import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { KontorError } from "../platform/errors.ts";
import type { BlobKey, ByteStore } from "./bytes.ts";
import { codeOf } from "./core-system-error.ts";

const UNFINISHED = ".part";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TENANT = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SHARD = /^[0-9a-f]{2}$/;

/**
 * Bytes on a local disk: `<folder>/<tenant>/<last two hex digits of the blob>/<blob>`. (The first digits of a UUIDv7
 * are its time and would fill one shard after another.) Several processes may use one folder.
 */
export function diskBytes(folder: string): ByteStore {
  const root = resolve(folder);
  const pathOf = ({ tenant, blob }: BlobKey): string => {
    // Both come from rows and links that were checked before; a path must not depend on that.
    if (!TENANT.test(tenant) || !UUID.test(blob)) throw new KontorError("internal", "A blob has an impossible name");
    return join(root, tenant, blob.slice(-2), blob);
  };
  const shardsOf = async function* (tenant: string) {
    if (!TENANT.test(tenant)) throw new KontorError("internal", "A tenant has an impossible name");
    for (const shard of await namesIn(join(root, tenant))) if (SHARD.test(shard)) yield join(root, tenant, shard);
  };
  return {
    put: async (key, size, bytes) => {
      const path = pathOf(key);
      const unfinished = `${path}${UNFINISHED}`;
      const handle = await openNew(unfinished);
      try {
        const sha256 = await writeWhole(handle, size, bytes);
        await rename(unfinished, path);
        await syncFolder(dirname(path));
        return { sha256 };
      } catch (error) {
        // What can't be removed either is left to the sweep; the first error is the one that tells.
        await Promise.allSettled([rm(unfinished, { force: true }), rm(path, { force: true })]);
        throw asStoreError(error);
      }
    },
    read: async (key, size, range) => {
      const handle = await openBlob(pathOf(key));
      try {
        const found = (await handle.stat()).size;
        if (found !== size) throw new KontorError("internal", `A stored file has ${found} bytes instead of ${size}`);
        if (range.length > 0)
          return handle.createReadStream({ start: range.start, end: range.start + range.length - 1 });
        await handle.close();
        return Readable.from([]);
      } catch (error) {
        await handle.close();
        throw error;
      }
    },
    remove: (key) => rm(pathOf(key), { force: true }),
    list: async function* (tenant) {
      for await (const shard of shardsOf(tenant)) {
        for (const blob of await namesIn(shard)) {
          const writtenAt = UUID.test(blob) ? await writeTime(join(shard, blob)) : undefined;
          if (writtenAt !== undefined) yield { blob, writtenAt };
        }
      }
    },
    removeUnfinished: async (tenant, before) => {
      let removed = 0;
      for await (const shard of shardsOf(tenant)) {
        for (const name of await namesIn(shard)) {
          const path = join(shard, name);
          const writtenAt = name.endsWith(UNFINISHED) ? await writeTime(path) : undefined;
          if (writtenAt === undefined || writtenAt >= before) continue;
          await rm(path, { force: true });
          removed += 1;
        }
      }
      return removed;
    },
  };
}

/** Opens a file that must not be there yet, in a folder that is made where it is missing. */
async function openNew(path: string): Promise<FileHandle> {
  try {
    await makeFolder(dirname(path));
    return await open(path, "wx", 0o600);
  } catch (error) {
    throw asStoreError(error);
  }
}

/** Writes exactly `size` bytes, forces them to the disk and closes the file. Gives their SHA-256 as hex. */
async function writeWhole(handle: FileHandle, size: number, bytes: AsyncIterable<Uint8Array>): Promise<string> {
  try {
    const hash = createHash("sha256");
    let written = 0;
    for await (const chunk of bytes) {
      written += chunk.length;
      if (written > size) throw new KontorError("too-large", `More than the announced ${size} bytes came`);
      hash.update(chunk);
      // writeFile on a handle goes on where the last one ended, and writes all of the chunk.
      await handle.writeFile(chunk);
    }
    if (written < size) throw new KontorError("bad-request", `Only ${written} of the announced ${size} bytes came`);
    await handle.sync();
    return hash.digest("hex");
  } finally {
    await handle.close();
  }
}

/** Makes a folder, with its name and those above it safe on the disk before anything is put into it. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let each = path; each !== dirname(first) && each !== dirname(each); ) {
    each = dirname(each);
    await syncFolder(each);
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function openBlob(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new KontorError("not-found", "The file is no longer there", {}, error);
    throw asStoreError(error);
  }
}

const AWAY = new Set(["ENOSPC", "EDQUOT", "EIO", "EROFS", "EMFILE", "ENFILE", "ESTALE", "ENOENT", "ENOTDIR", "EACCES"]);

function asStoreError(error: unknown): unknown {
  if (!AWAY.has(codeOf(error) ?? "")) return error;
  return new KontorError("unavailable", "Files can't be stored at the moment, try again later", {}, error);
}

/** The names in a folder; none where there is no such folder. */
async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw asStoreError(error);
  }
}

/** Time of the last write in milliseconds; undefined for a file that went away meanwhile. */
async function writeTime(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw asStoreError(error);
  }
}
