import { createHmac } from "node:crypto";

/**
 * The XEP-0114 secret of one component domain, derived from the master so that a new tenant needs no new
 * stored secret: HMAC-SHA256 of the domain in lower case, as hex.
 */
export function componentSecret(master: string, domain: string): string {
  return createHmac("sha256", master).update(domain.toLowerCase()).digest("hex");
}
