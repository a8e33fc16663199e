import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { Authenticate } from "../platform/http.ts";
import type { Database } from "../platform/postgres.ts";
import { findToken } from "./store.ts";

/** Checks `Authorization: Bearer` (RFC 6750 2.1) against the tokens. The scheme is compared without case. */
export function bearerAuthentication(db: Database, clock: Clock): Authenticate {
  return async (request) => {
    const token = /^bearer +([A-Za-z0-9._~+/-]{16,256}=*)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (!token) throw new KontorError("not-authorized", "Send a token: Authorization: Bearer <token>");
    const { id, tenant, scopes } = await findToken(db, token, new Date(clock()));
    return {
      id,
      name: `token ${id}`,
      tenant,
      person: undefined,
      roles: ["token"],
      may: (action, of) => scopes.includes(action) && (tenant === null || tenant === of),
    };
  };
}
