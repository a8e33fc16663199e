import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import express, { type Router } from "express";
import { KontorError } from "../../platform/errors.ts";

const compress = promisify(gzip);

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly bytes: Buffer;
  /** Absent where compressing gains nothing. */
  readonly gzipped: Buffer | undefined;
}

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".mp3": "audio/mpeg",
  ".ogg": "audio/ogg",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
};
const packed = new Set([".mp3", ".ogg", ".png"]);

async function load(path: string): Promise<Asset> {
  const bytes = await readFile(path);
  const extension = extname(path);
  return {
    type: types[extension] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
    bytes,
    gzipped: packed.has(extension) ? undefined : await compress(bytes, { level: 9 }),
  };
}

export interface AssetFolder {
  readonly folder: string;
  /** The only names served; a list, so that what is kept in memory is bounded. */
  readonly names: ReadonlySet<string>;
  /** True where the address names a version: browsers then never ask again. */
  readonly immutable: boolean;
}

/** Serves the named files of a folder, read and compressed once at the first request: slow links matter (R3). */
export function assetRouter({ folder, names, immutable }: AssetFolder): Router {
  const loaded = new Map<string, Promise<Asset>>();
  const router = express.Router();
  router.get("/*name", async (request, response) => {
    const name = request.params.name.join("/");
    if (!names.has(name)) throw new KontorError("not-found");
    const promise = loaded.get(name) ?? load(join(folder, name));
    loaded.set(name, promise);
    const asset = await promise.catch((error: unknown) => {
      // What could not be read now may be readable at the next request.
      loaded.delete(name);
      throw error;
    });
    response.setHeader("Cache-Control", immutable ? "public, max-age=31536000, immutable" : "public, no-cache");
    response.setHeader("ETag", asset.etag);
    response.setHeader("Content-Type", asset.type);
    response.vary("Accept-Encoding");
    const zipped = asset.gzipped !== undefined && request.acceptsEncodings("gzip") === "gzip";
    if (zipped) response.setHeader("Content-Encoding", "gzip");
    // Express answers If-None-Match with 304 by itself.
    response.send(zipped ? asset.gzipped : asset.bytes);
  });
  return router;
}
