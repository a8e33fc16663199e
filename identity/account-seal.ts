import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Passwords on their way to the XMPP server: AES-256-GCM, each bound to its tenant and task. */

const IV_BYTES = 12;
const TAG_BYTES = 16;

const keyOf = (master: string): Buffer => Buffer.from(hkdfSync("sha256", master, "", "kontor account-task", 32));
const bound = (tenant: string, task: string): Buffer => Buffer.from(`${tenant}/${task}`);

/** Encrypts a password under a key derived from `master`; only for the same tenant and task it opens again. */
export function sealPassword(master: string, tenant: string, task: string, password: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyOf(master), iv).setAAD(bound(tenant, task));
  const sealed = Buffer.concat([cipher.update(password, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
}

/** Throws when it was sealed for another task or under another master, or was changed. */
export function openPassword(master: string, tenant: string, task: string, text: string): string {
  const bytes = Buffer.from(text, "base64url");
  const iv = bytes.subarray(0, IV_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", keyOf(master), iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(bound(tenant, task)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  return opened.toString("utf8");
}
