import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Compares two secrets in constant time; differing lengths are unequal. */
export function equalSecrets(a: string, b: string): boolean {
  // Hashing first makes the lengths equal, so that the comparison tells nothing about them either.
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}

/** A new random secret of 256 bits, URL-safe, behind a readable prefix. */
export function newSecret(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString("base64url")}`;
}

/** What is stored of a bearer token: SHA-256, hex. Enough, because tokens are random and not guessable. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** HMAC-SHA256 over the parts, base64url. Parts are length-prefixed, so that no two lists give the same input. */
export function sign(key: string, ...parts: readonly string[]): string {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(`${Buffer.byteLength(part)}:${part};`);
  return mac.digest("base64url");
}
