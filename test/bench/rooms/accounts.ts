/** Many accounts at once, as Prosody's mod_auth_internal_hashed keeps them: one derived key for all instead of one each. */
import { createHash, createHmac, pbkdf2Sync, randomUUID } from "node:crypto";
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { luaString } from "../../../config/prosody/lua.ts";
import type { Account } from "./connection.ts";

const ROUNDS = 4_096;

/**
 * Writes accounts of a domain below Prosody's data folder; a running server has them at once. All have the same
 * password, so only for servers that live as long as a measurement. `owner`: whom the files are given to.
 */
export function writeAccounts(
  data: string,
  domain: string,
  { users, password }: { readonly users: readonly string[]; readonly password: string },
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Account[] {
  const salt = randomUUID();
  const salted = pbkdf2Sync(password, salt, ROUNDS, 20, "sha1");
  const hmac = (text: string) => createHmac("sha1", salted).update(text).digest();
  const stored = {
    iteration_count: ROUNDS,
    salt: luaString(salt),
    stored_key: luaString(createHash("sha1").update(hmac("Client Key")).digest("hex")),
    server_key: luaString(hmac("Server Key").toString("hex")),
  };
  const text = `return { ${Object.entries(stored)
    .map(([key, value]) => `[${luaString(key)}] = ${value};`)
    .join(" ")} };\n`;
  const host = join(data, fileName(domain));
  const folder = join(host, "accounts");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = users.map((user) => join(folder, `${fileName(user)}.dat`));
  for (const file of files) writeFileSync(file, text, { mode: 0o600 });
  if (owner) for (const path of [host, folder, ...files]) chownSync(path, owner.uid, owner.gid);
  return users.map((user) => ({ user, password }));
}

/** A name as Prosody's file storage writes it: letters and digits stay. */
const fileName = (name: string): string =>
  name.replace(/[^A-Za-z0-9]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
