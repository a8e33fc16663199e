import express, { type Response, type Router } from "express";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { type Access, actionsOf, findSignIn } from "./access.ts";
import { cookieName, sessionIdIn } from "./core-session-cookie.ts";
import { principalOf, requireOwnOrigin, type SessionDeps, sessionOf } from "./session-authentication.ts";
import { csrfOf, SESSION_MS } from "./session-store.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";
import type { PasswordCheck } from "./sign-in-xmpp.ts";

export interface SessionHttpDeps extends SessionDeps {
  readonly db: Database;
  readonly log: Log;
  readonly throttle: SignInThrottle;
  readonly checkPassword: PasswordCheck;
  /** Whom to count for an address: of IPv6 a network. */
  readonly callerOf: (address: string | undefined) => string;
}

const signInBody = z.strictObject({
  jid: z
    .string()
    .max(511)
    .regex(/^[^\s@/"&'<>:]{1,255}@[A-Za-z0-9.-]{1,253}$/, "an address such as name@example.org"),
  password: z.string().min(1).max(1024),
});

/**
 * The doors of sessions under /api/v1: POST /session signs in, GET tells who one is, DELETE signs out, DELETE /sessions
 * everywhere. No routes as data: they set the cookie, and signing in is open to everybody.
 */
export function sessionRouter(deps: SessionHttpDeps): Router {
  const { sessions, log, publicUrl } = deps;
  const lines = log.with({ class: "connection" });
  const cookie = {
    httpOnly: true,
    sameSite: "lax",
    secure: publicUrl.startsWith("https:"),
    path: "/",
  } as const;
  const name = cookieName(publicUrl);
  const signOff = (response: Response) => response.clearCookie(name, cookie).status(204).end();

  const router = express.Router();
  router.use(["/session", "/sessions"], express.json({ limit: "8kb", strict: true }), (_request, response, next) => {
    response.setHeader("Cache-Control", "no-store");
    next();
  });

  router.post("/session", async (request, response) => {
    requireOwnOrigin(request, publicUrl);
    const body = signInBody.safeParse(request.body);
    if (!body.success) throw new KontorError("bad-request", z.prettifyError(body.error));
    const found = await signIn(deps, body.data, request.ip);
    const fields = { tenant: found.tenant, person: found.person, requestId: response.getHeader("X-Request-Id") };
    if (!found.access) {
      lines.info("Sign-in refused", fields);
      throw new KontorError("not-authorized", "The address or the password is wrong, or the account is not active");
    }
    const before = sessionIdIn(request.headers.cookie, publicUrl);
    if (before !== undefined) await sessions.end(before);
    const id = await sessions.start(found.access.person);
    lines.info("Signed in", fields);
    response
      .status(201)
      .cookie(name, id, { ...cookie, maxAge: SESSION_MS })
      .json(view(found.access, id));
  });

  router.get("/session", async (request, response) => {
    const session = await sessionOf(deps, request);
    response.json(view(session.access, session.id));
  });

  router.delete("/session", async (request, response) => {
    const { id, access: of } = await sessionOf(deps, request);
    await sessions.end(id);
    lines.info("Signed out", { tenant: of.person.tenant, person: of.person.id });
    signOff(response);
  });

  router.delete("/sessions", async (request, response) => {
    const { access: of } = await sessionOf(deps, request);
    const ended = await sessions.endAll(of.person);
    lines.info("Signed out everywhere", { tenant: of.person.tenant, person: of.person.id, sessions: ended });
    signOff(response);
  });
  return router;
}

interface SignInResult {
  readonly tenant: string | undefined;
  readonly person: string | undefined;
  /** Set when all is well. */
  readonly access: Access | undefined;
}

async function signIn(
  { db, access, throttle, checkPassword, callerOf }: SessionHttpDeps,
  { jid, password }: z.infer<typeof signInBody>,
  address: string | undefined,
): Promise<SignInResult> {
  const account = jid.normalize("NFC").toLowerCase();
  const [localpart = "", domain = ""] = account.split("@");
  const caller = callerOf(address);
  await throttle.attempt(account, caller);
  const found = await findSignIn(db, { localpart, domain });
  if (!found) return { tenant: undefined, person: undefined, access: undefined };
  // The server is asked for unknown people as well: the time an answer takes must not tell who there is.
  const right = await checkPassword({ localpart, domain }, password);
  if (!right || found.person === undefined) return { ...found, access: undefined };
  access.forget(found.tenant, found.person);
  const allowed = await access.read({ tenant: found.tenant, id: found.person });
  if (allowed) await throttle.succeeded(account, caller);
  return { tenant: found.tenant, person: found.person, access: allowed };
}

/** What a page needs to know of who uses it. */
function view(access: Access, sessionId: string) {
  const { person, grants } = access;
  return {
    person,
    roles: principalOf(access).roles,
    grants: grants.map(({ role, scope, expiresAt }) => ({ role, scope, expiresAt: expiresAt?.toISOString() ?? null })),
    actions: actionsOf(grants),
    csrf: csrfOf(sessionId),
  };
}
