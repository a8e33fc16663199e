import type { Readable } from "node:stream";
import type { Clock } from "../../platform/clock.ts";
import type { ByteRange } from "../../platform/core-range.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Database } from "../../platform/postgres.ts";

/** A file that a message links to. */
export interface LinkedFile {
  readonly id: string;
  readonly name: string;
  readonly type: string | null;
  readonly bytes: number;
  readonly sha256: string;
}

/** Files that messages link to: another domain's, which says which of them may be read. */
export interface LinkedReading {
  /** The files of `owner` that a text links to and that are still there, and the number of those that are not. */
  find(
    message: { readonly tenant: string; readonly owner: string; readonly text: string },
    now: number,
  ): Promise<{ readonly files: readonly LinkedFile[]; readonly gone: number }>;
  /** The bytes of one; undefined when it is gone meanwhile. */
  open(tenant: string, id: string, now: number): Promise<Readable | undefined>;
}

/** Where finished ZIPs lie: a store of bytes as files have one, and not the same. */
export interface ExportBytes {
  put(key: BlobKey, size: number, bytes: AsyncIterable<Uint8Array>): Promise<{ readonly sha256: string }>;
  read(key: BlobKey, size: number, range: ByteRange): Promise<Readable>;
  remove(key: BlobKey): Promise<void>;
  list(tenant: string): AsyncIterable<{ readonly blob: string; readonly writtenAt: number }>;
  removeUnfinished(tenant: string, before: number): Promise<number>;
}

interface BlobKey {
  readonly tenant: string;
  readonly blob: string;
}

/** What everybody needs who does something with an export. */
export interface ExportDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
}
