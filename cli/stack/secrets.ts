import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Home } from "./home.ts";

const secret = z.string().min(16);
const secrets = z.object({
  xmpp: secret,
  files: secret,
  postgres: secret,
  kontorDatabase: secret,
  prosodyDatabase: secret,
  archiveDatabase: secret,
  redis: secret,
  token: secret.optional(),
  /** Passwords of the demo's people by bare JID. */
  people: z.record(z.string(), secret),
});

export type Secrets = z.infer<typeof secrets>;

const make = (): string => randomBytes(32).toString("hex");

/** A password of 16 letters and digits that can be typed: about 80 bits, no look-alikes. */
export function makePassword(): string {
  const letters = "abcdefghjkmnpqrstuvwxyz234567890"; // no i, l, o, 1
  return [...randomBytes(16)].map((byte) => letters[byte & 31]).join("");
}

/** Reads the secrets of this home; those that are missing are made. The file is for its owner only. */
export function loadSecrets(home: Home): Secrets {
  const path = join(home.folder, "secrets.json");
  const made = {
    ...{ xmpp: make(), files: make(), postgres: make(), kontorDatabase: make(), prosodyDatabase: make() },
    ...{ archiveDatabase: make(), redis: make(), people: {} },
  };
  if (!existsSync(path)) {
    saveSecrets(home, made);
    return made;
  }
  const kept = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, "utf8")));
  return secrets.parse({ ...made, ...kept });
}

/** Writes the secrets in one step, so that a crash leaves the old or the new file. */
export function saveSecrets(home: Home, value: Secrets): void {
  writePrivate(join(home.folder, "secrets.json"), value);
}

/** Writes JSON that only its owner may read, in one step. */
export function writePrivate(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
