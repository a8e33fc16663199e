import express, { type Request, type Response, type Router } from "express";
import { toKontorError } from "../platform/errors.ts";
import { networkOf } from "../platform/throttle.ts";
import { cookieIn, pendingCookieName } from "./core-session-cookie.ts";
import { type ClaimProblem, namedBy } from "./core-sign-in-claims.ts";
import { stampOf } from "./oidc-client.ts";
import { OidcError, type OidcProblem } from "./oidc-error.ts";
import type { OidcDeps } from "./oidc-http.ts";
import { cookieOptions, startSession } from "./session-start.ts";
import { takePending } from "./sign-in-pending.ts";
import { redirectUriOf } from "./sign-in-provider-http.ts";
import { personNamed, usableProvider } from "./sign-in-provider-store.ts";

/** Why somebody comes back without a session; the sign-in page has words for each. */
type Failure = OidcProblem | ClaimProblem | "expired" | "other-browser" | "nobody" | "failed";

class SignInFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure);
    this.failure = failure;
  }
}

/**
 * Where a provider sends the browser back to, /oidc/{tenant}/callback: begins a session and leads into the console, or
 * to the sign-in page with a code that it has words for. No route as data: a browser comes here, not a program.
 */
export function oidcCallback(deps: OidcDeps): Router {
  const { db, redis, oidc, throttle, secret, publicUrl } = deps;
  const lines = deps.log.with({ class: "connection" });
  const cookie = pendingCookieName(publicUrl);

  const router = express.Router();
  router.get("/oidc/:tenant/callback", async (request, response) => {
    // The address holds the code: what follows is not told it.
    response.set({ "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" });
    response.clearCookie(cookie, cookieOptions(publicUrl));
    try {
      await finish(request, response);
      response.redirect(303, "/console");
    } catch (error) {
      noteFailure(request.params.tenant, error);
      response.redirect(303, `/console/sign-in?problem=${failureOf(error)}`);
    }
  });

  /** Checks everything and begins the session; throws SignInFailure, OidcError or an error of the table. */
  const finish = async (request: Request<{ tenant: string }>, response: Response): Promise<void> => {
    const { tenant } = request.params;
    const { state } = request.query;
    if (typeof state !== "string") throw new SignInFailure("expired");
    const pending = await takePending(redis, state, cookieIn(request.headers.cookie, cookie));
    if (typeof pending === "string") throw new SignInFailure(pending);
    const { nonce, verifier } = pending;
    const provider = pending.tenant === tenant ? await usableProvider(db, secret, tenant) : undefined;
    // Settings that changed on the way: what the browser brings was given for others.
    if (!provider || stampOf(provider) !== pending.stamp) throw new SignInFailure("expired");
    const callback = new URL(redirectUriOf(publicUrl, tenant));
    callback.search = new URL(request.originalUrl, publicUrl).search;
    const claims = await oidc.finish(provider, callback, { state, nonce, verifier });
    const named = namedBy(claims, provider, provider.domain);
    if ("problem" in named) throw new SignInFailure(named.problem);
    const id = await personNamed(db, tenant, provider.personMatch, named.name);
    if (id === undefined) throw new SignInFailure("nobody");
    deps.access.forget(tenant, id);
    const access = await deps.access.read({ tenant, id });
    if (!access) throw new SignInFailure("nobody");
    await startSession(deps, request, response, access.person);
    await throttle.arrived(networkOf(request.ip));
    lines.info("Signed in through the organisation", { tenant, person: id });
  };

  const noteFailure = (tenant: string, error: unknown): void => {
    const fields = { tenant, failure: failureOf(error) };
    if (error instanceof SignInFailure) lines.info("Sign-in through the organisation refused", fields);
    else if (error instanceof OidcError) {
      lines.warn("Sign-in through the organisation failed", { ...fields, detail: error.detail });
    } else lines.error("Sign-in through the organisation failed", { ...fields, error });
  };
  return router;
}

function failureOf(error: unknown): Failure {
  if (error instanceof SignInFailure) return error.failure;
  if (error instanceof OidcError) return error.problem;
  return toKontorError(error).code === "unavailable" ? "unreachable" : "failed";
}
