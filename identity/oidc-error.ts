import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from "openid-client";
import { OutboundError } from "../platform/outbound.ts";

/** What goes wrong with a provider. */
export const oidcProblems = [
  "not-https",
  "local-address",
  "unreachable",
  "no-provider",
  "other-issuer",
  "refused",
  "client-refused",
  "invalid",
] as const;
export type OidcProblem = (typeof oidcProblems)[number];

/** In words for an administrator, and for the log. */
const words: Readonly<Record<OidcProblem, string>> = {
  "not-https": "The issuer, or an address that it names, is not https",
  "local-address": "The issuer lies at an address that is not public",
  unreachable: "The issuer does not answer in time",
  "no-provider":
    "What answers at the issuer is no OpenID provider: /.well-known/openid-configuration is not there or not readable",
  "other-issuer":
    "What answers at the issuer calls itself otherwise: enter the issuer exactly as the provider names it",
  refused: "The provider has refused the sign-in",
  "client-refused": "The provider does not know the client, or its secret is another one",
  invalid: "What the provider answered is not valid for this sign-in",
};

export class OidcError extends Error {
  readonly problem: OidcProblem;
  /** The library's or the protocol's code, for the log: never a text of the provider. */
  readonly detail: string | undefined;

  constructor(problem: OidcProblem, detail?: string, cause?: unknown) {
    super(words[problem], cause === undefined ? undefined : { cause });
    this.name = "OidcError";
    this.problem = problem;
    this.detail = detail;
  }
}

/** Finds out what an error of the library comes from. */
export function oidcErrorOf(error: unknown): OidcError {
  const chain: unknown[] = [];
  for (let each = error; each instanceof Error && chain.length < 8; each = each.cause) chain.push(each);
  for (const each of chain) {
    if (each instanceof OidcError) return each;
    if (each instanceof OutboundError) return new OidcError(ofOutbound[each.reason], each.reason, error);
    if (each instanceof AuthorizationResponseError) return new OidcError("refused", codeOf(each.error), error);
    // RFC 6749 5.2: how a provider refuses a client that authenticated by header.
    if (each instanceof WWWAuthenticateChallengeError) return new OidcError("client-refused", undefined, error);
    if (each instanceof ResponseBodyError) {
      const client = each.error === "invalid_client" || each.error === "unauthorized_client";
      return new OidcError(client ? "client-refused" : "refused", codeOf(each.error), error);
    }
  }
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (code === "OAUTH_HTTP_REQUEST_FORBIDDEN") return new OidcError("not-https", code, error);
  if (code === "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED") return new OidcError("other-issuer", code, error);
  if (code !== undefined && notDiscovered.has(code)) return new OidcError("no-provider", code, error);
  return new OidcError("invalid", code, error);
}

const notDiscovered = new Set([
  "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "OAUTH_RESPONSE_IS_NOT_JSON",
  "OAUTH_PARSE_ERROR",
  "OAUTH_INVALID_SERVER_METADATA",
  "OAUTH_MISSING_SERVER_METADATA",
]);

const ofOutbound = {
  "not-https": "not-https",
  "local-address": "local-address",
  unreachable: "unreachable",
  timeout: "unreachable",
  "too-large": "no-provider",
} as const;

const codeOf = (text: string): string | undefined => (/^[a-z_]{1,40}$/.test(text) ? text : undefined);
