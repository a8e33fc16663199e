import type { Redis } from "ioredis";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import { type Caller, cursor, pageOf, pageSchema, type Route, route } from "../platform/http.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { wake } from "../platform/wake.ts";
import { isAction } from "./access.ts";
import { accessChanged } from "./access-events.ts";
import { actorOf, INSTALLATION } from "./audit.ts";
import { type Action, permissions } from "./permissions.ts";
import type { TokenReader } from "./token-reader.ts";
import { createToken, pageTokens, revokeToken, type StoredToken } from "./token-store.ts";

export interface TokenRouteDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly log: Log;
  readonly tokens: TokenReader;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** What a token may be made for: not what only a person does for itself. */
export const tokenActions: readonly Action[] = Object.keys(permissions)
  .filter(isAction)
  .filter((action) => !action.startsWith("own:"));

const YEAR_MS = 365 * 86_400_000;
const place = cursor(z.uuid());
const time = z.iso.datetime();

const tokenView = z.object({
  id: z.uuid(),
  label: z.string(),
  scopes: z.array(z.string()),
  createdAt: time,
  expiresAt: time,
  revokedAt: time.nullable(),
});

const wish = z.strictObject({
  label: z.string().trim().min(1).max(100),
  scopes: z.array(z.enum(tokenActions)).min(1).max(tokenActions.length),
  expiresAt: z.iso.datetime({ offset: true }).describe("At most a year ahead."),
});

const shown = ({ id, label, scopes, ...token }: StoredToken): z.input<typeof tokenView> => ({
  ...{ id, label, scopes },
  createdAt: token.created_at.toISOString(),
  expiresAt: token.expires_at.toISOString(),
  revokedAt: token.revoked_at?.toISOString() ?? null,
});

/** API tokens of a tenant, and those of the installation: made, listed, revoked. */
export function tokenRoutes(deps: TokenRouteDeps): Route[] {
  const tenantPath = z.object({ tenant: z.string().min(1).max(63) });
  return [
    ...routesUnder(deps, "/tenants/{tenant}/tokens", "of the tenant", tenantPath, ({ tenant }) => tenant),
    ...routesUnder(deps, "/tokens", "of the installation", z.object({}), () => null),
  ];
}

function routesUnder<P extends z.ZodObject>(
  { db, redis, log, tokens, clock, newId }: TokenRouteDeps,
  path: string,
  whose: string,
  params: P,
  tenantOf: (params: z.output<P>) => string | null,
): Route[] {
  const one = z.object({ ...params.shape, token: z.uuid() });
  return [
    route({
      method: "get",
      path,
      summary: `API tokens ${whose}, newest first, also those that have ended`,
      scope: "token:read",
      params,
      query: z.object({ cursor: place.schema.optional(), limit: z.coerce.number().int().min(1).max(100).default(50) }),
      response: pageSchema(tokenView),
      handle: async ({ params: given, query: { cursor: before, limit } }) => {
        const rows = await pageTokens(db, tenantOf(given), { before, limit: limit + 1 });
        return pageOf(rows, limit, shown, ({ id }) => place.write(id));
      },
    }),
    route({
      method: "post",
      path,
      summary: `Make an API token ${whose}; its secret is shown this once`,
      scope: "token:change",
      params,
      body: wish,
      status: 201,
      response: tokenView.extend({ token: z.string().describe("The secret: keep it, it is not shown again.") }),
      secret: true,
      problems: ["too-many"],
      handle: async ({ params: given, body, caller }) => {
        const tenant = tenantOf(given);
        const now = new Date(clock());
        const expiresAt = new Date(body.expiresAt);
        if (expiresAt <= now || +expiresAt > +now + YEAR_MS) {
          throw new KontorError("bad-request", "body.expiresAt: must lie ahead, at most a year");
        }
        const creator = creatorAllowed(caller, body.scopes, tenant);
        const order = { tenant, label: body.label, scopes: [...new Set(body.scopes)], expiresAt, creator };
        const { token, secret } = await createToken(db, actorOf(caller), order, now, newId);
        return { ...shown(token), token: secret };
      },
    }),
    route({
      method: "delete",
      path: `${path}/{token}`,
      summary: `Revoke an API token ${whose} at once`,
      scope: "token:change",
      params: one,
      status: 204,
      handle: async ({ params: given, caller }) => {
        const { token: id, ...rest } = given;
        const tenant = tenantOf(params.parse(rest));
        await revokeToken(db, actorOf(caller), { tenant, id }, new Date(clock()), newId);
        const of = tenant ?? INSTALLATION;
        tokens.forget(of);
        await wake(redis, accessChanged, { tenant: of }, log);
      },
    }),
  ];
}

/** Who makes a token gives away no more than it has; a token makes no other, or it would never end. */
function creatorAllowed({ principal }: Caller, scopes: readonly Action[], tenant: string | null) {
  if (!principal.person) throw new KontorError("forbidden", "Tokens are made by people: sign in");
  const beyond = scopes.filter((scope) => !principal.may(scope, tenant ?? undefined));
  if (beyond.length > 0) throw new KontorError("forbidden", `You may not do this yourself: ${beyond.join(", ")}`);
  return principal.person;
}
