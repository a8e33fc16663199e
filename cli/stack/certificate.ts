import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "./home.ts";
import type { ServiceUser } from "./service-user.ts";

const days = 825;
const renewBeforeMs = 30 * 86_400_000;

function stillGood(path: string, names: readonly string[]): boolean {
  if (!existsSync(path)) return false;
  const { subjectAltName = "", validTo } = new X509Certificate(readFileSync(path));
  const held = subjectAltName.split(", ");
  return names.every((name) => held.includes(`DNS:${name}`)) && Date.parse(validTo) - Date.now() > renewBeforeMs;
}

/** A self-signed certificate for these domains and all below each, made anew when a name is missing or it runs out. */
export function localCertificate(
  home: Home,
  domains: readonly string[],
  user: ServiceUser | undefined,
): { certificate: string; key: string } {
  const folder = join(home.folder, "certificate");
  const [certificate, key] = [join(folder, "local.crt"), join(folder, "local.key")];
  const names = domains.flatMap((domain) => [domain, `*.${domain}`]);
  if (!stillGood(certificate, names)) {
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    const alternatives = names.map((name) => `DNS:${name}`).join(",");
    const about = ["-subj", "/CN=Kontor demo", "-addext", `subjectAltName=${alternatives}`, "-days", String(days)];
    const keyKind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    execFileSync("openssl", ["req", "-x509", ...keyKind, "-keyout", key, "-out", certificate, ...about], {
      stdio: ["ignore", "ignore", "pipe"],
    });
  }
  if (user) for (const path of [key, certificate]) chownSync(path, user.uid, user.gid);
  return { certificate, key };
}
