import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { Authenticate } from "../platform/http.ts";
import type { Database } from "../platform/postgres.ts";
import { type AccessReader, accessReader, allows } from "./access.ts";
import { type TokenReader, tokenReader } from "./token-reader.ts";

/**
 * Checks `Authorization: Bearer` (RFC 6750 2.1) against the tokens. The scheme is compared without case. A token that a
 * person has made may do what that person may do now, no more.
 */
export function bearerAuthentication(
  db: Database,
  clock: Clock,
  access: AccessReader = accessReader(db, clock),
  tokens: TokenReader = tokenReader(db, clock),
): Authenticate {
  return async (request) => {
    const token = /^bearer +([A-Za-z0-9._~+/-]{16,256}=*)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (!token) throw new KontorError("not-authorized", "Send a token: Authorization: Bearer <token>");
    const { id, label, tenant, scopes, creator } = await tokens.read(token);
    const held = creator ? await access.read(creator) : undefined;
    if (creator && !held) throw new KontorError("not-authorized", "Who made the token is not active any more");
    return {
      id,
      name: label,
      tenant,
      person: undefined,
      roles: ["token"],
      may: (action, of) =>
        scopes.includes(action) && (tenant === null || tenant === of) && (!held || allows(held.grants, action, of)),
    };
  };
}
