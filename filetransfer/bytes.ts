/**
 * Where the bytes of files lie. Each kind of store passes the one suite in bytes.conformance.ts; the rest of the domain
 * knows no other way to bytes.
 */
import type { Readable } from "node:stream";
import type { ByteRange } from "../platform/core-range.ts";

/** Bytes are named by the tenant and a UUID that is used once. */
export interface BlobKey {
  readonly tenant: string;
  readonly blob: string;
}

export interface ByteStore {
  /**
   * Takes exactly `size` bytes as they come, never all at once in memory, and gives their SHA-256 as hex once they are
   * safe on the medium.
   * Throws `bad-request` when fewer come, `too-large` when more come, `unavailable` when the store is full or away,
   * and what `bytes` throws; then nothing of it is left behind.
   */
  put(key: BlobKey, size: number, bytes: AsyncIterable<Uint8Array>): Promise<{ readonly sha256: string }>;
  /** A stream of part of a blob of `size` bytes. Throws `not-found`, or `internal` when the blob has another size. */
  read(key: BlobKey, size: number, range: ByteRange): Promise<Readable>;
  /** Removes a blob; one that is not there is removed already. */
  remove(key: BlobKey): Promise<void>;
  /** All complete blobs of a tenant with the time of their last write in milliseconds since 1970. */
  list(tenant: string): AsyncIterable<{ readonly blob: string; readonly writtenAt: number }>;
  /** Removes what broken uploads left of a tenant and what nobody wrote to since `before` (milliseconds since 1970). */
  removeUnfinished(tenant: string, before: number): Promise<number>;
}
