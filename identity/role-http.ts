import type { Redis } from "ioredis";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import { type Caller, cursor, pageOf, pageSchema, type Route, route, sortBy } from "../platform/http.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { wake } from "../platform/wake.ts";
import type { AccessReader } from "./access.ts";
import { accessChanged } from "./access-events.ts";
import { actorOf } from "./audit.ts";
import { mayGrant, type Role, roles } from "./permissions.ts";
import { personStatuses } from "./person-tables.ts";
import { listRoleHolders, type RoleHolder, scopeText } from "./role-holders.ts";
import { listRoles, putRole, removeRole, type StoredGrant, scopeOf } from "./role-store.ts";

export interface RoleRouteDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly log: Log;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly access: AccessReader;
}

const tenant = z.string().min(1).max(63);
const personPath = z.object({ tenant, person: z.uuid() });
const rolePath = personPath.extend({ role: z.enum(roles) });
const time = z.iso.datetime();
const reason = z.string().trim().min(3).max(500).describe("Why: for the audit log.");

const roleView = z.object({
  role: z.enum(roles),
  scope: z.string().nullable().describe("The tenant; null: the whole installation."),
  reason: z.string().nullable(),
  createdAt: time,
  expiresAt: time.nullable(),
});

const shown = ({ createdAt, expiresAt, ...grant }: StoredGrant): z.input<typeof roleView> => ({
  ...grant,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt?.toISOString() ?? null,
});

const holderView = roleView.extend({
  person: z.object({ id: z.uuid(), localpart: z.string(), name: z.string(), status: z.enum(personStatuses) }),
  grantedBy: z.string().nullable().describe("Name of who gave it; null where it is not known any more."),
});

const shownHolder = (row: RoleHolder): z.input<typeof holderView> => ({
  person: { id: row.person, localpart: row.localpart, name: row.name, status: row.status },
  role: row.role,
  scope: row.scope,
  reason: row.reason,
  grantedBy: row.granted_by,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
});

const place = cursor(z.tuple([z.string(), z.uuid(), z.enum(roles), z.string()]));

/** Roles of people. */
export function roleRoutes(deps: RoleRouteDeps): Route[] {
  const { db, redis, log, clock, newId, access } = deps;
  const changed = async (of: string, person: string) => {
    access.forget(of, person);
    await wake(redis, accessChanged, { tenant: of, person }, log);
  };
  const rolesOf = async (person: { tenant: string; id: string }) => ({
    roles: (await listRoles(db, person, new Date(clock()))).map(shown),
  });
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/roles",
      summary: "Who holds which role; that everybody active is a user is said with `role=user` only",
      scope: "role:read",
      params: z.object({ tenant }),
      query: z.object({
        text: z.string().min(1).max(200).optional().describe("Part of local part or name."),
        role: z.enum(roles).optional(),
        sort: sortBy(["name", "role"]),
        cursor: place.schema.optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      response: pageSchema(holderView),
      handle: async ({ params, query: { cursor: after, ...query } }) => {
        const rows = await listRoleHolders(db, params.tenant, { ...query, after }, new Date(clock()));
        return pageOf(rows, query.limit, shownHolder, (last) =>
          place.write([last[query.sort.by], last.person, last.role, scopeText(last.scope)]),
        );
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/people/{person}/roles",
      summary: "The roles that a person holds; everybody active is a user besides",
      scope: "role:read",
      params: personPath,
      response: z.object({ roles: z.array(roleView) }),
      handle: ({ params }) => rolesOf({ tenant: params.tenant, id: params.person }),
    }),
    route({
      method: "put",
      path: "/tenants/{tenant}/people/{person}/roles/{role}",
      summary: "Give a person a role, never oneself; operators, ordering persons and auditors hold it everywhere",
      scope: "role:grant",
      params: rolePath,
      body: z.strictObject({
        reason,
        expiresAt: z.iso.datetime({ offset: true }).nullable().default(null).describe("Null: until it is taken away."),
      }),
      response: z.object({ roles: z.array(roleView) }),
      problems: ["conflict"],
      handle: async ({ params, body, caller }) => {
        const person = { tenant: params.tenant, id: params.person };
        const scope = await requireMayGrant(access, caller, person, params.role);
        const now = new Date(clock());
        const expiresAt = body.expiresAt === null ? null : new Date(body.expiresAt);
        if (expiresAt !== null && expiresAt <= now) throw new KontorError("bad-request", "body.expiresAt: has passed");
        const actor = { ...actorOf(caller), reason: body.reason };
        await putRole(db, actor, { person, role: params.role, scope, expiresAt }, now, newId);
        await changed(person.tenant, person.id);
        return rolesOf(person);
      },
    }),
    route({
      method: "delete",
      path: "/tenants/{tenant}/people/{person}/roles/{role}",
      summary: "Take a role away; header X-Reason says why",
      scope: "role:grant",
      params: rolePath,
      status: 204,
      problems: ["conflict"],
      handle: async ({ params, caller }) => {
        const person = { tenant: params.tenant, id: params.person };
        const why = reason.safeParse(caller.reason);
        if (!why.success) throw new KontorError("bad-request", "Header X-Reason must say why (3 to 500 characters)");
        const scope = await requireMayGrant(access, caller, person, params.role);
        const actor = { ...actorOf(caller), reason: why.data };
        await removeRole(db, actor, { person, role: params.role, scope }, new Date(clock()), newId);
        await changed(person.tenant, person.id);
      },
    }),
  ];
}

/** The scope of the role to change; throws `forbidden` unless the caller may give it. */
async function requireMayGrant(
  access: AccessReader,
  { principal }: Caller,
  person: { readonly tenant: string; readonly id: string },
  role: Role,
): Promise<string | null> {
  if (!principal.person) throw new KontorError("forbidden", "Roles are given by people: sign in");
  const giver = await access.read(principal.person);
  const scope = scopeOf(role, person.tenant);
  if (!giver || !mayGrant({ id: giver.person.id, grants: giver.grants }, person.id, role, scope)) {
    const self = principal.person.id === person.id;
    throw new KontorError(
      "forbidden",
      self ? "Nobody changes roles of his own" : `You may not change the role ${role}`,
    );
  }
  return scope;
}
