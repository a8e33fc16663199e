import { createPrivateKey, generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

/** A real OpenID provider on loopback; people sign in at its own forms, under the name they type and any password. */
export interface OpenIdProvider {
  readonly issuer: string;
  readonly client: { readonly id: string; readonly secret: string };
  /** What it says of people, by the name they typed; who is not named is of org `amt`. */
  readonly people: Map<string, Readonly<Record<string, unknown>>>;
  /** What becomes of each ID token on its way out; undefined: nothing. */
  forge: ((token: string) => string) | undefined;
  /** Ends it: what connects is refused. */
  stop(): Promise<void>;
}

const client = { id: "kontor", secret: "secret-of-the-client-0123456789abcdef" };

/** `localhost` is another site than 127.0.0.1, where the gateway is: cookies are as apart as in life. */
export async function openIdProvider(redirectUris: readonly string[]): Promise<OpenIdProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the provider has no port");
  const issuer = `http://localhost:${address.port}`;
  const people: OpenIdProvider["people"] = new Map();
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [...redirectUris] }],
    claims: { openid: ["sub", "org"], profile: ["preferred_username"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    cookies: { keys: ["a key of the test"] },
    features: { devInteractions: { enabled: true } },
    jwks: { keys: [{ ...key, kid: "one", use: "sig", alg: "RS256" }] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    findAccount: (_context, name) => ({
      accountId: name,
      claims: () => ({ sub: name, org: "amt", preferred_username: name, ...people.get(name) }),
    }),
  });
  const answer: OpenIdProvider = {
    issuer,
    client,
    people,
    forge: undefined,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  provider.use(async (context, next) => {
    await next();
    const { body } = context;
    if (context.path !== "/token" || !answer.forge || typeof body !== "object" || body === null) return;
    if ("id_token" in body && typeof body.id_token === "string") body.id_token = answer.forge(body.id_token);
  });
  server.on("request", provider.callback());
  return answer;
}

const key: JsonWebKey & { kty: string } = {
  kty: "RSA",
  ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }),
};

/** An ID token with other claims, and with the provider's own signature where `signed`. */
export function withClaims(token: string, change: Readonly<Record<string, unknown>>, signed: boolean): string {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
  if (typeof claims !== "object") throw new Error("an ID token holds claims");
  const changed = `${header}.${Buffer.from(JSON.stringify({ ...claims, ...change })).toString("base64url")}`;
  if (!signed) return `${changed}.${signature}`;
  const bytes = sign("RSA-SHA256", Buffer.from(changed), createPrivateKey({ key, format: "jwk" }));
  return `${changed}.${bytes.toString("base64url")}`;
}
