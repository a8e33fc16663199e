/** What a slot request may be (XEP-0363 4): name, size and type, and how long an upload may take. Pure. */
import { KontorError } from "../platform/errors.ts";

export interface SlotLimits {
  /** Largest file in bytes. */
  readonly maxBytes: number;
  /** Seconds within which an upload must begin. */
  readonly slotSeconds: number;
}

export interface SlotWish {
  readonly filename: string;
  readonly size: number;
  readonly contentType?: string | undefined;
}

/** A slot that may be given; times in milliseconds since 1970. */
export interface Slot {
  readonly name: string;
  readonly size: number;
  /** Media type without parameters, or undefined where none was declared. */
  readonly type: string | undefined;
  /** An upload must have begun by then ... */
  readonly expiresAt: number;
  /** ... and ended by then. */
  readonly uploadUntil: number;
}

/** Slots that one person may hold unused at a time: each is a row and a promise of disk space. */
export const MAX_OPEN_SLOTS = 100;

/** Decides on a request. Throws `too-large` with `maxBytes`, or `bad-request` for a type that is none. */
export function decideSlot(wish: SlotWish, limits: SlotLimits, now: number): Slot {
  if (wish.size > limits.maxBytes) {
    throw new KontorError("too-large", `The file is too large: at most ${limits.maxBytes} bytes are taken`, {
      maxBytes: limits.maxBytes,
    });
  }
  const type = wish.contentType === undefined ? undefined : mediaType(wish.contentType);
  if (wish.contentType !== undefined && type === undefined) {
    throw new KontorError("bad-request", "The content-type must be a media type such as image/png");
  }
  const expiresAt = now + limits.slotSeconds * 1_000;
  return {
    name: safeName(wish.filename),
    size: wish.size,
    type,
    expiresAt,
    uploadUntil: expiresAt + uploadMs(wish.size),
  };
}

const SLOWEST_BYTES_PER_MS = 16;
/** What a timer can hold: 24 days. */
const MAX_UPLOAD_MS = 2 ** 31 - 1;

/** Milliseconds that an upload of `size` bytes may take: ten minutes, and 128 kbit/s at the slowest. */
export function uploadMs(size: number): number {
  return Math.min(MAX_UPLOAD_MS, 600_000 + Math.ceil(size / SLOWEST_BYTES_PER_MS));
}

// RFC 6838 4.2: the names of a type and its sub-type.
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

/** The media type without its parameters in lower case (RFC 9110 8.3.1), or undefined for what is none. */
export function mediaType(text: string): string | undefined {
  const type = text.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return MEDIA_TYPE.test(type) ? type : undefined;
}

const MAX_NAME_BYTES = 200;
const NAMELESS = "file";
// Controls, line separators and lone surrogates; marks that turn the direction of text, with which
// `photo-gpj.exe` can be made to look like a picture.
const HIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * The file's name as it may stand in a link and on somebody's disk: the last part of a path, without hidden characters,
 * at most 200 bytes of UTF-8 with its ending kept (XEP-0363 4 asks to keep name and ending intact).
 */
export function safeName(text: string): string {
  const last = text.normalize("NFC").replace(HIDDEN, "").split(/[/\\]/).at(-1) ?? "";
  const name = last.trim().replace(/[. ]+$/, "");
  if (name === "") return NAMELESS;
  const ending = /^(?<stem>.+)(?<ending>\.[^.]{1,20})$/su.exec(name)?.groups?.ending ?? "";
  const stem = name.slice(0, name.length - ending.length);
  const room = MAX_NAME_BYTES - Buffer.byteLength(ending);
  return `${cut(stem, room)}${ending}`;
}

/** The longest beginning of whole characters that fits into `bytes` of UTF-8. */
function cut(text: string, bytes: number): string {
  let used = 0;
  let kept = "";
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    kept += character;
  }
  return kept;
}

/**
 * Checks the header fields of an upload against its slot (XEP-0363 7: the length MUST match, a declared type SHOULD).
 * Throws `bad-request` or `too-large`.
 */
export function checkUpload(
  headers: { readonly contentLength: string | undefined; readonly contentType: string | undefined },
  slot: { readonly size: number; readonly type: string | undefined },
): void {
  const { contentLength, contentType } = headers;
  if (contentLength === undefined || !/^\d{1,16}$/.test(contentLength)) {
    throw new KontorError("bad-request", "Send the size of the file: Content-Length");
  }
  const length = Number(contentLength);
  if (length > slot.size) {
    throw new KontorError("too-large", `The slot is for ${slot.size} bytes, not ${length}`, { maxBytes: slot.size });
  }
  if (length < slot.size) throw new KontorError("bad-request", `The slot is for ${slot.size} bytes, not ${length}`);
  const type = contentType === undefined ? undefined : mediaType(contentType);
  if (contentType !== undefined && slot.type !== undefined && type !== slot.type) {
    throw new KontorError("bad-request", `The slot is for a file of type ${slot.type}`);
  }
}
