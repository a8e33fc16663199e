/** A ZIP that is written entry by entry, each as it comes: what is in memory of it is the list of its entries. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { KontorError } from "../../platform/errors.ts";

/** What a manifest says of an entry. */
interface ZipEntry {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ZipWriter {
  readonly entries: readonly ZipEntry[];
  /** Bytes written to the disk so far. */
  written(): number;
  /**
   * Adds an entry and resolves when all of it is on its way. `size`: where it is known, in bytes. Throws `too-large` for
   * a ZIP that gets larger than it may or has too many entries, and what `chunks` throws; the ZIP is of no use after that.
   */
  add(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options?: AddOptions): Promise<ZipEntry>;
  /** Ends the ZIP. Resolves with its size when it is written. */
  end(): Promise<number>;
  /** Gives up: what is written so far stays where it is. */
  abort(): Promise<void>;
}

interface AddOptions {
  readonly size?: number;
  /** Left out for what is compressed in itself. */
  readonly compress?: boolean;
}

/** A text as the chunks of an entry. */
export const zipText = (content: string): Uint8Array[] => [Buffer.from(content)];

/** A list that a reader's tools still show, and that fits into memory. */
const MAX_ENTRIES = 50_000;

/** Writes to a file that must not be there yet. `onChunk` is called now and then; what it throws ends the entry. */
export function zipWriter(path: string, maxBytes: number, onChunk: () => Promise<void>): ZipWriter {
  const zip = new ZipFile();
  const out = createWriteStream(path, { flags: "wx", mode: 0o600 });
  const broken = new AbortController();
  const done = pipeline(zip.outputStream, out, { signal: broken.signal });
  // Rejects when the disk is full, say: whoever adds an entry then is told.
  const failed = done.then(
    () => new Promise<never>(() => undefined),
    (error: unknown) => Promise.reject(error),
  );
  failed.catch(() => undefined);
  zip.on("error", (error: unknown) => broken.abort(error));
  const entries: ZipEntry[] = [];
  return {
    entries,
    written: () => out.bytesWritten,
    add: async (name, chunks, { size, compress = true } = {}) => {
      if (entries.length >= MAX_ENTRIES) throw new KontorError("too-large", `At most ${MAX_ENTRIES} parts and files`);
      const hash = createHash("sha256");
      let bytes = 0;
      const counted = async function* () {
        for await (const chunk of chunks) {
          if (out.bytesWritten > maxBytes)
            throw new KontorError("too-large", `The ZIP is larger than ${maxBytes} bytes`);
          await onChunk();
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      };
      const source = Readable.from(counted(), { objectMode: false });
      const ended = once(source, "end");
      ended.catch(() => undefined);
      let next: Readable | undefined = source;
      zip.addReadStreamLazy(name, { compress, ...(size === undefined ? {} : { size }) }, (take) => {
        // The list of entries keeps this function: it must not keep the stream.
        if (next) take(null, next);
        next = undefined;
      });
      try {
        await Promise.race([ended, failed]);
      } finally {
        source.destroy();
      }
      const entry = { path: name, bytes, sha256: hash.digest("hex") };
      entries.push(entry);
      return entry;
    },
    end: async () => {
      zip.end();
      await done;
      return (await stat(path)).size;
    },
    abort: async () => {
      broken.abort();
      await done.catch(() => undefined);
    },
  };
}
