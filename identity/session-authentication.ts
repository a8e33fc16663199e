import type { Request } from "express";
import { KontorError } from "../platform/errors.ts";
import type { Authenticate, Principal } from "../platform/http.ts";
import { equalSecrets } from "../platform/secrets.ts";
import { type Access, type AccessReader, allows } from "./access.ts";
import { isOwnOrigin, sessionIdIn } from "./core-session-cookie.ts";
import { csrfOf, type SessionStore } from "./session-store.ts";

export interface SessionDeps {
  readonly sessions: SessionStore;
  readonly access: AccessReader;
  /** Of the gateway, as browsers see it. */
  readonly publicUrl: string;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** Throws `forbidden` for a request that a page of somebody else has sent. */
export function requireOwnOrigin(request: Request, publicUrl: string): void {
  const provenance = {
    origin: request.get("origin"),
    host: request.get("host"),
    site: request.get("sec-fetch-site"),
  };
  if (!isOwnOrigin(provenance, publicUrl)) throw new KontorError("forbidden", "The request comes from another site");
}

/** The session of a request: checked, and for a change with its CSRF token. Throws `not-authorized` or `forbidden`. */
export async function sessionOf(deps: SessionDeps, request: Request): Promise<{ id: string; access: Access }> {
  const id = sessionIdIn(request.headers.cookie, deps.publicUrl);
  if (id === undefined) throw new KontorError("not-authorized", "Sign in first");
  const person = await deps.sessions.read(id);
  if (!person) throw new KontorError("not-authorized", "The session has ended: sign in again");
  if (!SAFE.has(request.method)) {
    requireOwnOrigin(request, deps.publicUrl);
    if (!equalSecrets(request.get("x-csrf-token") ?? "", csrfOf(id))) {
      throw new KontorError("forbidden", "Header X-CSRF-Token must hold what GET /api/v1/session gives as csrf");
    }
  }
  const access = await deps.access.read(person);
  if (!access) {
    await deps.sessions.end(id);
    throw new KontorError("not-authorized", "The session has ended: the account is not active");
  }
  return { id, access };
}

/** Who a person is to the routes. */
export function principalOf({ person, grants }: Access): Principal {
  return {
    id: person.id,
    name: person.name,
    // Who holds a role for the installation is a stranger in no tenant: what it may not do there is no secret.
    tenant: grants.some(({ scope }) => scope === null) ? null : person.tenant,
    person: { tenant: person.tenant, id: person.id, localpart: person.localpart },
    roles: [...new Set(grants.map(({ role }) => role))],
    may: (action, tenant) => allows(grants, action, tenant),
  };
}

/** Tokens where there is an Authorization header, sessions otherwise. */
export function sessionAuthentication(deps: SessionDeps, bearer: Authenticate): Authenticate {
  return async (request) => {
    if (request.headers.authorization !== undefined || request.headers.cookie === undefined) return bearer(request);
    return principalOf((await sessionOf(deps, request)).access);
  };
}
