import type { Response } from "express";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { door, type Route } from "../platform/http.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { networkOf } from "../platform/throttle.ts";
import { type Access, actionsOf, findSignIn } from "./access.ts";
import { cookieName } from "./core-session-cookie.ts";
import { principalOf, requireOwnOrigin, type SessionDeps, sessionOf } from "./session-authentication.ts";
import { cookieOptions, startSession } from "./session-start.ts";
import { csrfOf } from "./session-store.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";
import type { PasswordCheck } from "./sign-in-xmpp.ts";

export interface SessionHttpDeps extends SessionDeps {
  readonly db: Database;
  readonly log: Log;
  readonly throttle: SignInThrottle;
  readonly checkPassword: PasswordCheck;
}

const signInBody = z.strictObject({
  jid: z
    .string()
    .max(511)
    .regex(/^[^\s@/"&'<>:]{1,255}@[A-Za-z0-9.-]{1,253}$/, "an address such as name@example.org"),
  password: z.string().min(1).max(1024),
});

const session = z.object({
  person: z.object({ tenant: z.string(), id: z.string(), localpart: z.string(), name: z.string() }),
  roles: z.array(z.string()),
  grants: z.array(z.object({ role: z.string(), scope: z.string().nullable(), expiresAt: z.iso.datetime().nullable() })),
  actions: z.array(z.string()).describe("What one may do somewhere: for menus."),
  csrf: z.string().describe("For X-CSRF-Token, which every change by cookie must bear."),
});

/** The doors of sessions: they look after the cookie themselves, and signing in is open to everybody. */
export function sessionRoutes(deps: SessionHttpDeps): Route[] {
  const { sessions, log, publicUrl } = deps;
  const lines = log.with({ class: "connection" });
  const signOff = (response: Response) => void response.clearCookie(cookieName(publicUrl), cookieOptions(publicUrl));

  return [
    door({
      method: "post",
      path: "/session",
      summary: "Sign in: sets the cookie of the session",
      scope: "open",
      body: signInBody,
      status: 201,
      response: session,
      problems: ["not-authorized", "forbidden"],
      setsCookie: true,
      handle: async ({ body, request, response }) => {
        requireOwnOrigin(request, publicUrl);
        const found = await signIn(deps, body, request.ip);
        const fields = { tenant: found.tenant, person: found.person, requestId: response.getHeader("X-Request-Id") };
        if (!found.access) {
          lines.info("Sign-in refused", fields);
          throw new KontorError("not-authorized", "The address or the password is wrong, or the account is not active");
        }
        const id = await startSession(deps, request, response, found.access.person);
        lines.info("Signed in", fields);
        return view(found.access, id);
      },
    }),
    door({
      method: "get",
      path: "/session",
      summary: "Who is signed in",
      scope: "session",
      response: session,
      handle: async ({ request }) => {
        const { access, id } = await sessionOf(deps, request);
        return view(access, id);
      },
    }),
    door({
      method: "delete",
      path: "/session",
      summary: "Sign out",
      scope: "session",
      status: 204,
      setsCookie: true,
      handle: async ({ request, response }) => {
        const { id, access: of } = await sessionOf(deps, request);
        await sessions.end(id);
        lines.info("Signed out", { tenant: of.person.tenant, person: of.person.id });
        signOff(response);
      },
    }),
    door({
      method: "delete",
      path: "/sessions",
      summary: "Sign out everywhere",
      scope: "session",
      status: 204,
      setsCookie: true,
      handle: async ({ request, response }) => {
        const { access: of } = await sessionOf(deps, request);
        const ended = await sessions.endAll(of.person);
        lines.info("Signed out everywhere", { tenant: of.person.tenant, person: of.person.id, sessions: ended });
        signOff(response);
      },
    }),
  ];
}

interface SignInResult {
  readonly tenant: string | undefined;
  readonly person: string | undefined;
  /** Set when all is well. */
  readonly access: Access | undefined;
}

async function signIn(
  { db, access, throttle, checkPassword }: SessionHttpDeps,
  { jid, password }: z.infer<typeof signInBody>,
  address: string | undefined,
): Promise<SignInResult> {
  const account = jid.normalize("NFC").toLowerCase();
  const [localpart = "", domain = ""] = account.split("@");
  const caller = networkOf(address);
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
    roles: [...principalOf(access).roles],
    grants: grants.map(({ role, scope, expiresAt }) => ({ role, scope, expiresAt: expiresAt?.toISOString() ?? null })),
    actions: actionsOf(grants),
    csrf: csrfOf(sessionId),
  };
}
