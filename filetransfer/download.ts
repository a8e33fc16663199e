import { pipeline } from "node:stream/promises";
import type { RequestHandler } from "express";
import { contentRange, noneMatch, parseRange, rangeCounts } from "../platform/core-range.ts";
import { KontorError } from "../platform/errors.ts";
import { checkGetLink } from "./core-link.ts";
import { cacheControl, contentDisposition, contentType } from "./core-serve.ts";
import { codeOf } from "./core-system-error.ts";
import type { FileDeps } from "./deps.ts";
import { readSignedRequest } from "./request.ts";
import { findStored } from "./store.ts";

/** GET and HEAD, with ranges and entity tags (RFC 9110 13 and 14). */
export function downloadHandler(deps: FileDeps, limits: { readonly idleMs: number }): RequestHandler {
  return async (request, response) => {
    const { file, query } = readSignedRequest(request);
    const now = deps.clock();
    checkGetLink(deps.settings.files.secret, file, query, now);
    const { tenant, id, name } = file;
    const { blob, size, sha256, type } = await findStored(deps.db, tenant, id, now);
    const etag = `"${sha256}"`;
    const cache = { ETag: etag, "Cache-Control": cacheControl(query.expires, now) };
    if (noneMatch(request.headers["if-none-match"], etag)) {
      response.set(cache).status(304).end();
      return;
    }
    const asked = request.method === "GET" && rangeCounts(singleHeader(request.headers["if-range"]), etag);
    const part = asked
      ? partOf(request.headers.range, size, (unmet) => response.set("Content-Range", unmet))
      : undefined;
    const range = part ?? { start: 0, length: size };
    const body = request.method === "GET" ? await deps.bytes.read({ tenant, blob }, size, range) : undefined;
    response.status(part ? 206 : 200).set({
      ...cache,
      "Accept-Ranges": "bytes",
      "Content-Type": contentType(type),
      "Content-Disposition": contentDisposition(name, type),
      "Content-Length": String(range.length),
      ...(part ? { "Content-Range": contentRange(part, size) } : {}),
    });
    if (!body) {
      response.end();
      return;
    }
    // A reader that takes nothing for too long holds a file and a connection.
    response.setTimeout(limits.idleMs, () => response.destroy());
    try {
      await pipeline(body, response);
    } catch (error) {
      // The reader left: its own affair. Anything else is ours, and all there is to do is to cut the answer short.
      if (codeOf(error) === "ERR_STREAM_PREMATURE_CLOSE") return;
      deps.log.error("A stored file could not be read", { tenant, file: id, error });
      response.destroy();
    }
  };
}

/** The part that is asked for; one outside the file is told its bounds (RFC 9110 15.5.17). */
function partOf(header: string | undefined, size: number, unmet: (contentRange: string) => void) {
  try {
    return parseRange(header, size);
  } catch (error) {
    if (error instanceof KontorError && error.code === "range-not-satisfiable") unmet(`bytes */${size}`);
    throw error;
  }
}

const singleHeader = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;
