import type { Request, RequestHandler } from "express";
import { KontorError, toKontorError } from "../platform/errors.ts";
import { checkUpload, mediaType, uploadMs } from "./core.ts";
import { checkPutLink, type FileRef } from "./core-link.ts";
import type { FileDeps } from "./deps.ts";
import { readSignedRequest } from "./request.ts";
import { findSlot, markStored } from "./store.ts";

/** PUT: 201 once the file can be fetched. A refused or broken upload leaves nothing behind. */
export function uploadHandler(deps: FileDeps, limits: { readonly idleMs: number }): RequestHandler {
  // One upload to a slot at a time in this process, so that a slot is not a way to fill the disk many times over.
  const running = new Set<string>();
  return async (request, response) => {
    try {
      const { file, query, size } = readSignedRequest(request);
      if (size === undefined) throw new KontorError("forbidden", "This link is for fetching: ask for an upload slot");
      checkPutLink(deps.settings.files.secret, file, { ...query, size }, deps.clock());
      const key = `${file.tenant}/${file.id}`;
      if (running.has(key)) throw new KontorError("conflict", "An upload to this slot is under way");
      running.add(key);
      try {
        const sha256 = await store(deps, request, file, limits.idleMs);
        response.status(201).set("ETag", `"${sha256}"`).end();
      } finally {
        running.delete(key);
      }
    } catch (error) {
      if (request.destroyed && !request.complete) {
        deps.log.info("An upload was broken off", { file: request.params.id });
        return;
      }
      discard(request);
      throw error;
    }
  };
}

/** Takes the bytes, then the row: what is on disk counts once the row says so. Gives the SHA-256 as hex. */
async function store(deps: FileDeps, request: Request, file: FileRef, idleMs: number): Promise<string> {
  const { tenant, id } = file;
  const slot = await findSlot(deps.db, tenant, id, deps.clock(), deps.settings.quotas);
  // RFC 9110 14.5: who sends a part must not have it taken for the whole.
  if (request.headers["content-range"] !== undefined) {
    throw new KontorError("bad-request", "Send the whole file: parts are not taken");
  }
  const { "content-length": contentLength, "content-type": contentType } = request.headers;
  checkUpload({ contentLength, contentType }, slot);
  const blob = deps.newId();
  const { sha256 } = await putBytes(deps, request, { tenant, blob }, slot.size, idleMs);
  const type = slot.type ?? (contentType === undefined ? undefined : mediaType(contentType));
  // Should this throw, it may have been committed all the same: the bytes are left to the sweep, which looks.
  const first = await markStored(deps.db, { tenant, id, blob, sha256, type }, deps.clock());
  if (!first) {
    await deps.bytes.remove({ tenant, blob });
    throw new KontorError("conflict", "The slot was used already: ask for a new one");
  }
  deps.log.info("A file was stored", { class: "user-action", tenant, file: id, bytes: slot.size });
  return sha256;
}

async function putBytes(
  deps: FileDeps,
  request: Request,
  key: { readonly tenant: string; readonly blob: string },
  size: number,
  idleMs: number,
): Promise<{ readonly sha256: string }> {
  const tooSlow = () => request.destroy(new KontorError("unavailable", "The upload stood still for too long"));
  const deadline = setTimeout(tooSlow, uploadMs(size));
  // The iterator must not destroy the request when the store gives up: the answer goes over the same connection.
  const chunks: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
  try {
    return await deps.bytes.put(key, size, watched(chunks, idleMs, tooSlow));
  } catch (error) {
    const { code, cause } = toKontorError(error);
    if (code === "unavailable" && !request.destroyed) {
      deps.log.error("The store takes no files: see to its disk's space and state", {
        tenant: key.tenant,
        error: cause,
      });
    }
    throw error;
  } finally {
    clearTimeout(deadline);
  }
}

/**
 * The same chunks; calls `onIdle` when the sender lets us wait for longer than `idleMs`. A timeout of the socket would
 * also count the time in which the disk lets the sender wait.
 */
async function* watched(
  chunks: AsyncIterable<Uint8Array>,
  idleMs: number,
  onIdle: () => void,
): AsyncGenerator<Uint8Array> {
  let timer = setTimeout(onIdle, idleMs);
  try {
    for await (const chunk of chunks) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(onIdle, idleMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

const DISCARD_BYTES = 1_048_576;
const DISCARD_MS = 5_000;

/**
 * Reads away what a refused client is still sending, so that it comes to read the answer (RFC 9112 9.6), but not for
 * long: then the connection is closed.
 */
function discard(request: Request): void {
  if (request.complete || request.destroyed) return;
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), DISCARD_MS);
  const done = () => {
    clearTimeout(timer);
    socket.off("close", done);
  };
  // Once it is answered, a request no longer tells that its connection was closed: the socket does.
  socket.once("close", done);
  request.once("end", done);
  let left = DISCARD_BYTES;
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
}
