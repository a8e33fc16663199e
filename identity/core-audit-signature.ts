/** Signatures of the heads of audit chains (Ed25519, RFC 8032). Pure. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Head } from "../platform/hash-chain.ts";
import { canonical } from "./core-audit.ts";

/** A head that is to be signed, or was. `at` is ISO with milliseconds. */
export interface SignedHead extends Head {
  readonly tenant: string;
  readonly at: string;
}

export interface HeadSignature {
  /** base64url */
  readonly signature: string;
  readonly keyId: string;
}

const bytesOf = ({ tenant, position, hash, at }: SignedHead): Buffer =>
  Buffer.from(canonical(["kontor audit head", { tenant, position, hash, at }]));

/** The id of a key: 16 hex digits of the SHA-256 of its public half (SPKI). */
const keyIdOf = (publicKey: KeyObject): string =>
  createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex")
    .slice(0, 16);

export interface AuditSigner {
  readonly keyId: string;
  sign(head: SignedHead): HeadSignature;
}

/** The signer of a private key in PEM; throws RangeError for a key of another kind. */
export function auditSigner(pem: string): AuditSigner {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== "ed25519") throw new RangeError("the audit log is signed with an Ed25519 key");
  const keyId = keyIdOf(createPublicKey(key));
  return { keyId, sign: (head) => ({ keyId, signature: sign(null, bytesOf(head), key).toString("base64url") }) };
}

/** The public halves of all keys in texts of PEM, private or public, by their ids. */
export function auditKeys(...texts: readonly string[]): ReadonlyMap<string, KeyObject> {
  const blocks = texts.flatMap((text) => text.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? []);
  const keys = blocks.map((pem) => createPublicKey(pem));
  return new Map(keys.map((key) => [keyIdOf(key), key]));
}

/** Why a signature does not hold; undefined when it does. */
export function signatureFault(
  head: SignedHead,
  { signature, keyId }: HeadSignature,
  keys: ReadonlyMap<string, KeyObject>,
): string | undefined {
  const key = keys.get(keyId);
  if (!key) return `it is signed with an unknown key ${keyId}`;
  return verify(null, bytesOf(head), key, Buffer.from(signature, "base64url")) ? undefined : "its signature is wrong";
}
