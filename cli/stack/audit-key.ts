import { generateKeyPairSync } from "node:crypto";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "./home.ts";

/** Path of the key that signs the audit log of this home; made at the first start, for its owner only. */
export function auditKey({ folder }: Home): string {
  const path = join(folder, "audit.key");
  if (existsSync(path)) return path;
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(`${path}.new`, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return path;
}
