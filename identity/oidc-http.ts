import type { Redis } from "ioredis";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { door, type Route } from "../platform/http.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { count, networkOf, throttle as newThrottle, tooMany } from "../platform/throttle.ts";
import { pendingCookieName } from "./core-session-cookie.ts";
import { type OidcClient, stampOf } from "./oidc-client.ts";
import { OidcError } from "./oidc-error.ts";
import { requireOwnOrigin, type SessionDeps } from "./session-authentication.ts";
import { cookieOptions } from "./session-start.ts";
import { addPending, PENDING_MS } from "./sign-in-pending.ts";
import { redirectUriOf } from "./sign-in-provider-http.ts";
import { tenantWithProvider, type UsableProvider, usableProvider } from "./sign-in-provider-store.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";

export interface OidcDeps extends SessionDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly log: Log;
  readonly oidc: OidcClient;
  readonly throttle: SignInThrottle;
  /** Master from which the key is derived under which the client's secret is kept. */
  readonly secret: string;
}

/** Looks at offers of one caller: an office has one address. */
const looksBounds = { points: 300, duration: 60 };

/**
 * The doors of sign-in through a tenant's OpenID provider: what a domain offers, never who there is; and the address of
 * the provider for a page of ours to go to. The provider sends the browser back to oidcCallback().
 */
export function oidcDoors({ db, redis, log, oidc, throttle, secret, publicUrl }: OidcDeps): Route[] {
  const lines = log.with({ class: "connection" });
  const looks = newThrottle(redis, "kontor:sign-in-offer", looksBounds);

  const begin = async (provider: UsableProvider) => {
    try {
      return await oidc.begin(provider, redirectUriOf(publicUrl, provider.tenant));
    } catch (error) {
      if (!(error instanceof OidcError)) throw error;
      const { problem: failure, detail } = error;
      lines.warn("Sign-in through the organisation failed", { tenant: provider.tenant, failure, detail });
      throw new KontorError("unavailable", "The sign-in of the organisation does not answer as it should", {}, error);
    }
  };

  return [
    door({
      method: "get",
      path: "/oidc/offer",
      summary: "How people of a domain may sign in",
      scope: "open",
      query: z.object({
        domain: z
          .string()
          .toLowerCase()
          .regex(/^[a-z0-9.-]{1,253}$/)
          .describe("What stands behind the @."),
      }),
      response: z.object({
        password: z.boolean(),
        organisation: z.object({ tenant: z.string() }).nullable().describe("Set where there is an OpenID provider."),
      }),
      handle: async ({ query: { domain }, request }) => {
        const state = await count(looks, networkOf(request.ip));
        if (state.consumedPoints > looks.points) throw tooMany("looks", state);
        const tenant = await tenantWithProvider(db, domain);
        return { password: true, organisation: tenant === undefined ? null : { tenant } };
      },
    }),
    door({
      method: "post",
      path: "/oidc/start",
      summary: "Begin to sign in through the OpenID provider of a tenant: go where `url` says",
      scope: "open",
      body: z.strictObject({ tenant: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/) }),
      response: z.object({ url: z.string() }),
      problems: ["forbidden", "not-found"],
      handle: async ({ body: { tenant }, request, response }) => {
        requireOwnOrigin(request, publicUrl);
        await throttle.visit(networkOf(request.ip));
        const provider = await usableProvider(db, secret, tenant);
        if (!provider) throw new KontorError("not-found", "There is no sign-in through an organisation here");
        const { nonce, verifier, urlFor } = await begin(provider);
        const { state, browser } = await addPending(redis, { tenant, stamp: stampOf(provider), nonce, verifier });
        response.cookie(pendingCookieName(publicUrl), browser, { ...cookieOptions(publicUrl), maxAge: PENDING_MS });
        return { url: urlFor(state) };
      },
    }),
  ];
}
