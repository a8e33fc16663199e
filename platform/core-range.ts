/** Range and conditional requests on a file that never changes (RFC 9110 13 and 14). Pure. */
import { KontorError } from "./errors.ts";

/** Bytes of a file: `length` of them beginning at `start`. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/**
 * Reads a Range header for a file of `size` bytes. Undefined means the whole file: no header, another unit, a malformed
 * one, or several ranges, which RFC 9110 14.2 lets a server ignore. Throws `range-not-satisfiable` for one that lies
 * outside the file (15.5.17).
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=[ \t]*(?<first>\d*)-(?<last>\d*)[ \t]*$/i.exec(header ?? "");
  const { first = "", last = "" } = match?.groups ?? {};
  if (first === "" && last === "") return undefined;
  if (first === "") return suffix(Number(last), size);
  const start = Number(first);
  // A last position before the first makes the range invalid, not unsatisfiable (14.1.1).
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw outside(size);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return { start, length: end - start + 1 };
}

function suffix(wanted: number, size: number): ByteRange | undefined {
  if (wanted === 0) throw outside(size);
  // The end of an empty file is the whole of it, and Content-Range can't say so.
  if (size === 0) return undefined;
  const length = Math.min(wanted, size);
  return { start: size - length, length };
}

const outside = (size: number): KontorError =>
  new KontorError("range-not-satisfiable", `The file has ${size} bytes: ask for a range within`);

/** The Content-Range of a part (RFC 9110 14.4). */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.start + range.length - 1}/${size}`;
}

/** Does If-None-Match name this entity tag or any (RFC 9110 13.1.2, weak comparison)? Then answer 304. */
export function noneMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((each) => each.trim().replace(/^W\//, "") === etag);
}

/** May the Range header count (RFC 9110 13.1.5)? Dates never match: a file has an entity tag and nothing else. */
export function rangeCounts(ifRange: string | undefined, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag;
}
