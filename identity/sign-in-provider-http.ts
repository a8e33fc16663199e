import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import { lineOfText, type Route, route, versionTag } from "../platform/http.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { actorOf } from "./audit.ts";
import { personMatches } from "./core-sign-in-claims.ts";
import type { OidcClient } from "./oidc-client.ts";
import { OidcError, oidcProblems } from "./oidc-error.ts";
import { type Provider, readProvider, removeProvider, setProvider, usableProvider } from "./sign-in-provider-store.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";

export interface ProviderHttpDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Master from which the key is derived under which the client's secret is kept. */
  readonly secret: string;
  readonly publicUrl: string;
  readonly oidc: OidcClient;
  readonly throttle: SignInThrottle;
  /** Whether the installation lets a provider be reached over plain HTTP. */
  readonly allowLocal: boolean;
}

/** Where a provider sends the browser back to: one address for each tenant, so that answers cannot be mixed up. */
export const redirectUriOf = (publicUrl: string, tenant: string): string =>
  `${publicUrl.replace(/\/+$/, "")}/api/v1/oidc/${tenant}/callback`;

const claim = lineOfText(100).describe("Name of a claim of the ID token.");

const settings = {
  issuer: z.string().max(500).describe("Exactly as the provider names itself."),
  clientId: lineOfText(300),
  personClaim: claim.default("preferred_username"),
  personMatch: z
    .enum(personMatches)
    .default("localpart")
    .describe("What of a person the claim names: the local part of the address here, or the e-mail address."),
  tenantClaim: claim.describe("Claim without which nobody is let in, even if the issuer knows them."),
  tenantValue: lineOfText(300).describe("What that claim must hold; of a list one value."),
};

const providerView = z.object({
  ...settings,
  redirectUri: z.string().describe("To be allowed for the client at the provider."),
  version: z.int(),
  updatedAt: z.iso.datetime(),
});

const etag = ({ version }: { version: number }) => versionTag(version);

/** The REST door of a tenant's OpenID provider. The client's secret comes in and never goes out. */
export function signInProviderRoutes(deps: ProviderHttpDeps): Route[] {
  const { db, publicUrl } = deps;
  const params = z.object({ tenant: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/) });
  const path = "/tenants/{tenant}/sign-in";
  const viewOf = (tenant: string, { updatedAt, ...provider }: Provider): z.input<typeof providerView> => ({
    ...provider,
    redirectUri: redirectUriOf(publicUrl, tenant),
    updatedAt: updatedAt.toISOString(),
  });
  const issuer = settings.issuer.refine(
    (url) => isIssuer(url, deps.allowLocal),
    "must be an https address without query and fragment",
  );
  return [
    route({
      method: "get",
      path,
      summary: "The OpenID provider through which people of a tenant may sign in",
      scope: "sign-in:read",
      params,
      response: providerView,
      etag,
      handle: async ({ params: { tenant } }) => viewOf(tenant, await readProvider(db, tenant)),
    }),
    route({
      method: "put",
      path,
      summary: "Set up or change the OpenID provider of a tenant",
      scope: "sign-in:change",
      params,
      body: z.strictObject({
        ...settings,
        issuer,
        clientSecret: z
          .string()
          .min(1)
          .max(1000)
          .optional()
          .describe("Stays as it is where it is absent; a new issuer or client needs one."),
      }),
      response: providerView,
      etag,
      handle: async ({ params: { tenant }, body, caller, ifMatch }) => {
        const { clientSecret, ...rest } = body;
        return viewOf(tenant, await setProvider(deps, tenant, { ...rest, clientSecret, ifMatch }, actorOf(caller)));
      },
    }),
    route({
      method: "delete",
      path,
      summary: "End sign-in through an OpenID provider; passwords go on working",
      scope: "sign-in:change",
      params,
      status: 204,
      etag: () => "",
      handle: ({ params: { tenant }, caller, ifMatch }) => removeProvider(deps, tenant, ifMatch, actorOf(caller)),
    }),
    route({
      method: "post",
      path: `${path}/test`,
      summary: "Ask the provider of a tenant whether it can be used",
      scope: "sign-in:change",
      params,
      response: z.object({
        problem: z.enum(oidcProblems).nullable().describe("Null when it was found and calls itself by its issuer."),
        detail: z.string().nullable().describe("What is wrong, in words."),
      }),
      handle: async ({ params: { tenant } }) => {
        await deps.throttle.visit(`test of ${tenant}`);
        const provider = await usableProvider(db, deps.secret, tenant);
        if (!provider) throw new KontorError("not-found", "No sign-in through an OpenID provider is set up");
        try {
          await deps.oidc.probe(provider);
          return { problem: null, detail: null };
        } catch (error) {
          if (!(error instanceof OidcError)) throw error;
          return { problem: error.problem, detail: error.message };
        }
      },
    }),
  ];
}

function isIssuer(text: string, allowLocal: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  const right = protocol === "https:" || (allowLocal && protocol === "http:");
  return right && `${username}${password}${search}${hash}` === "" && !/[?#\s]/.test(text);
}
