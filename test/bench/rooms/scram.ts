/** The client's side of SCRAM-SHA-1 (RFC 5802), for connections that are otherwise raw. */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

export interface Scram {
  /** The first message; `nonce` is printable ASCII without commas. */
  readonly first: string;
  /** The final message, upon the server's first. Throws on one that is not an answer to ours. */
  final(serverFirst: string): string;
}

/** Accounts that were made at once share their key, and a thousand sign-ins shall not wait for its derivation. */
const derived = new Map<string, Buffer>();

function saltedPassword(password: string, salt: string, rounds: number): Buffer {
  const key = `${rounds} ${salt} ${password}`;
  const known = derived.get(key);
  if (known) return known;
  const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), rounds, 20, "sha1");
  derived.set(key, salted);
  return salted;
}

/** `user` and `password` must be ASCII without commas and equals signs: nothing is prepared or escaped. */
export function scram(user: string, password: string, nonce: string): Scram {
  const bare = `n=${user},r=${nonce}`;
  return {
    first: `n,,${bare}`,
    final: (serverFirst) => {
      const [, serverNonce = "", salt = "", rounds = ""] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(serverFirst) ?? [];
      if (!serverNonce.startsWith(nonce)) throw new Error(`no answer to our SCRAM message: ${serverFirst}`);
      const salted = saltedPassword(password, salt, Number(rounds));
      const hmac = (key: Buffer, text: string) => createHmac("sha1", key).update(text).digest();
      const clientKey = hmac(salted, "Client Key");
      const storedKey = createHash("sha1").update(clientKey).digest();
      const withoutProof = `c=biws,r=${serverNonce}`;
      const signature = hmac(storedKey, `${bare},${serverFirst},${withoutProof}`);
      const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
      return `${withoutProof},p=${Buffer.from(proof).toString("base64")}`;
    },
  };
}
