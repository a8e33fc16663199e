import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Response } from "express";
import { z } from "zod";
import { type ByteRange, contentRange, parseRange, rangeCounts } from "./core-range.ts";
import { KontorError } from "./errors.ts";

interface FileParts {
  readonly type: string;
  /** Plain ASCII. */
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly open: (range: ByteRange) => Promise<Readable>;
}

/** An answer that is a stored file: saved, never shown or kept on the way, and taken up again where it broke off. */
export class StoredFile {
  readonly #parts: FileParts;

  constructor(parts: FileParts) {
    this.#parts = parts;
  }

  /** Sends it, or the part that Range asks for (RFC 9110 14). Throws `range-not-satisfiable`. */
  async send(response: Response): Promise<void> {
    const { type, filename, size, sha256, open } = this.#parts;
    const { headers, method } = response.req;
    const etag = `"${sha256}"`;
    const part = rangeCounts(headers["if-range"]?.toString(), etag) ? partOf(headers.range, size, response) : undefined;
    const range = part ?? { start: 0, length: size };
    const body = method === "HEAD" ? undefined : await open(range);
    response
      .status(part ? 206 : 200)
      .type(type)
      .attachment(filename)
      .set({
        ...{ ETag: etag, "Accept-Ranges": "bytes", "Content-Length": String(range.length) },
        ...(part ? { "Content-Range": contentRange(part, size) } : {}),
      });
    if (!body) {
      response.end();
      return;
    }
    await pipeline(body, response).catch((error: unknown) => {
      // The reader left, and may come back for the rest: its own affair.
      if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) throw error;
    });
  }
}

/** The part that is asked for; one outside the file is told its bounds (RFC 9110 15.5.17). */
function partOf(header: string | undefined, size: number, response: Response): ByteRange | undefined {
  try {
    return parseRange(header, size);
  } catch (error) {
    if (error instanceof KontorError) response.set("Content-Range", `bytes */${size}`);
    throw error;
  }
}

/** The schema of an answer that is such a file, for routes that name it in their `downloads`. */
export const storedFile = z.instanceof(StoredFile);
