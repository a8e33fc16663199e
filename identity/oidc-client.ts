import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  type CustomFetchOptions,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
} from "openid-client";
import type { Clock } from "../platform/clock.ts";
import { fetchOutbound } from "../platform/outbound.ts";
import { OidcError, oidcErrorOf } from "./oidc-error.ts";
import type { UsableProvider } from "./sign-in-provider-store.ts";

/** A provider as a relying party meets it: OpenID Connect Core 3.1 with PKCE (RFC 7636), bound to one issuer. */
export interface OidcClient {
  /** What begins a sign-in: keep `verifier` and `nonce`, then `urlFor` says where the browser goes. Throws OidcError. */
  begin(provider: UsableProvider, redirectUri: string): Promise<OidcBeginning>;
  /** The claims of the ID token for which the code in `callback` was given. Throws OidcError. */
  finish(provider: UsableProvider, callback: URL, expected: OidcExpected): Promise<Readonly<Record<string, unknown>>>;
  /** Asks the provider anew what it is. Throws OidcError. */
  probe(provider: UsableProvider): Promise<void>;
}

interface OidcBeginning {
  readonly verifier: string;
  readonly nonce: string;
  readonly urlFor: (state: string) => string;
}

interface OidcExpected {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 262_144;
const REMEMBERED_MS = 600_000;
const MAX_REMEMBERED = 500;

/** Changes with every change of the settings, also when they were removed and set up again. */
export const stampOf = ({ tenant, version, updatedAt }: UsableProvider): string =>
  `${tenant} ${version} ${updatedAt.getTime()}`;

/** `allowLocal` lets providers be reached over plain HTTP and at addresses that are not public. */
export function oidcClient(clock: Clock, allowLocal: boolean): OidcClient {
  const remembered = new Map<string, { readonly found: Promise<Configuration>; readonly until: number }>();

  const discover = async (provider: UsableProvider): Promise<Configuration> => {
    const { issuer, clientId, clientSecret } = provider;
    const config = await discovery(new URL(issuer), clientId, undefined, authentication(clientSecret), {
      timeout: TIMEOUT_MS / 1_000,
      [customFetch]: (url, options) => fetchBounded(url, options, allowLocal),
      execute: [enableNonRepudiationChecks, ...(allowLocal ? [allowInsecureRequests] : [])],
    });
    const { issuer: named, authorization_endpoint: at } = config.serverMetadata();
    // The library lets Microsoft's templates pass, which stand for every organisation: here one issuer is meant.
    if (new URL(named).href !== new URL(issuer).href) throw new OidcError("other-issuer");
    const { protocol } = new URL(at ?? "about:blank");
    if (protocol !== "https:" && !(allowLocal && protocol === "http:")) throw new OidcError("no-provider");
    return config;
  };

  const configOf = (provider: UsableProvider): Promise<Configuration> => {
    const stamp = stampOf(provider);
    const known = remembered.get(stamp);
    if (known && known.until > clock()) return known.found;
    const found = discover(provider);
    remembered.delete(stamp);
    remembered.set(stamp, { found, until: clock() + REMEMBERED_MS });
    found.catch(() => remembered.get(stamp)?.found === found && remembered.delete(stamp));
    const [oldest] = remembered.keys();
    if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    return found;
  };

  return {
    begin: (provider, redirectUri) =>
      known(async () => {
        const config = await configOf(provider);
        const verifier = randomPKCECodeVerifier();
        const nonce = randomNonce();
        const code_challenge = await calculatePKCECodeChallenge(verifier);
        const urlFor = (state: string) => {
          const asked = { scope: "openid profile email", redirect_uri: redirectUri, state, nonce };
          const challenge = { code_challenge, code_challenge_method: "S256" };
          return buildAuthorizationUrl(config, { ...asked, ...challenge }).href;
        };
        return { verifier, nonce, urlFor };
      }),
    finish: (provider, callback, { state, nonce, verifier }) =>
      known(async () => {
        const answer = await authorizationCodeGrant(await configOf(provider), callback, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        return answer.claims() ?? {};
      }),
    probe: (provider) =>
      known(async () => {
        await discover(provider);
      }),
  };
}

async function known<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw oidcErrorOf(error);
  }
}

/** By header where the provider takes it (the standard's default), else in the body. */
const authentication =
  (secret: string): ClientAuth =>
  (server, ...rest) => {
    const { token_endpoint_auth_methods_supported: taken = ["client_secret_basic"] } = server;
    const way = taken.includes("client_secret_basic") ? ClientSecretBasic : ClientSecretPost;
    way(secret)(server, ...rest);
  };

function fetchBounded(url: string, { method, headers, body }: CustomFetchOptions, allowLocal: boolean) {
  const text = body instanceof URLSearchParams ? body.toString() : body;
  if (typeof text !== "string" && text !== undefined && text !== null) throw new OidcError("no-provider");
  const bounds = { allowLocal, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };
  return fetchOutbound(url, { method, headers, body: text ?? undefined }, bounds);
}
