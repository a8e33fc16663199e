import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Secrets that must be kept for a while: AES-256-GCM, each bound to its purpose and its place. */

const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface SealKey {
  readonly master: string;
  /** Each purpose has a key of its own, derived from the master. */
  readonly purpose: "account-task" | "bridge-link" | "presence-events" | "presence-webhook" | "sign-in-provider";
}

const keyOf = ({ master, purpose }: SealKey): Buffer =>
  Buffer.from(hkdfSync("sha256", master, "", `kontor ${purpose}`, 32));

/** Encrypts a text; only for the same key and place (`<tenant>/<what>`) it opens again. */
export function seal(key: SealKey, place: string, text: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyOf(key), iv).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
}

/** Throws when it was sealed for another place or under another key, or was changed. */
export function unseal(key: SealKey, place: string, sealed: string): string {
  const bytes = Buffer.from(sealed, "base64url");
  const iv = bytes.subarray(0, IV_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", keyOf(key), iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  return opened.toString("utf8");
}
