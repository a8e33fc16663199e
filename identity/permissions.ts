/**
 * Who may do what: role x action x scope, deny by default. An action that is not in this table cannot be named by a
 * route, and a role that is not named for an action may not do it.
 */

export const roles = [
  "operator",
  "ordering-person",
  "tenant-administrator",
  "dpo",
  "auditor",
  "opener",
  "moderator",
  "user",
] as const;
export type Role = (typeof roles)[number];

/** Roles that are held for the whole installation; the others are held for one tenant. */
export const installationRoles: readonly Role[] = ["operator", "ordering-person", "auditor"];

const people = ["tenant-administrator"] as const;
const everybody = roles;

/** Action -> the roles that may do it, within the scope of their grant. Reading of content is nowhere for operators. */
export const permissions = {
  "tenant:list": ["operator", "ordering-person", "auditor"],
  "tenant:create": ["operator"],
  "tenant:read": ["operator", "ordering-person", "tenant-administrator", "dpo", "auditor"],
  "tenant:change": ["operator", "ordering-person"],
  "tenant:suspend": ["operator"],
  "tenant:close": ["operator"],
  "tenant:partners": ["tenant-administrator"],
  "tenant:export": ["tenant-administrator", "operator"],
  "tenant:break-glass": ["operator"],
  "tenant:emergencies": ["tenant-administrator", "dpo", "auditor"],
  "person:read": [...people, "dpo"],
  "person:create": people,
  "person:change": people,
  "person:delete": people,
  "group:read": [...people, "dpo"],
  "group:change": people,
  "role:read": [...people, "dpo", "auditor"],
  "role:grant": [...people, "operator"],
  "token:read": [...people, "operator"],
  "token:change": [...people, "operator"],
  "sign-in:read": [...people, "dpo"],
  "sign-in:change": people,
  "audit:read": ["dpo", "auditor"],
  "own:read": everybody,
  "own:change": everybody,
  "presence:read": ["tenant-administrator", "dpo", "opener", "moderator", "user"],
  "presence:webhooks": people,
  "presence:change": people,
  "presence:usage": [...people, "ordering-person", "operator"],
  "rooms:read": [...people, "moderator", "dpo"],
  "rooms:change": people,
  "rooms:moderate": [...people, "moderator"],
  "archive:read": [...people, "dpo"],
  "archive:export": [...people, "dpo"],
  // Within the rooms that are open to who asks: as by XMPP.
  "messages:read": [...people, "opener", "moderator", "user"],
  "messages:write": [...people, "opener", "moderator", "user"],
  "links:read": people,
  "links:write": people,
  "retention:read": ["operator", ...people, "dpo", "auditor"],
  "retention:run": ["operator", "dpo"],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof permissions;

/** A role that somebody holds. `scope` null: for the whole installation. */
export interface Grant {
  readonly role: Role;
  readonly scope: string | null;
}

/** Roles that nobody may give, because they are given with more than the giver has. */
const above: Readonly<Partial<Record<Role, readonly Role[]>>> = {
  "tenant-administrator": ["operator", "ordering-person", "auditor"],
};

/**
 * Whether somebody with these grants may do an action; `tenant` undefined: it concerns the installation.
 * Own actions concern nobody else: any role does.
 */
export function may(grants: readonly Grant[], action: Action, tenant: string | undefined): boolean {
  const allowed: readonly Role[] = permissions[action];
  return grants.some(({ role, scope }) => {
    if (!allowed.includes(role)) return false;
    if (action.startsWith("own:") || scope === null) return true;
    return scope === tenant;
  });
}

/** Whether somebody may give or take a role in a scope: never to or from himself, never one above his own. */
export function mayGrant(
  giver: { readonly id: string; readonly grants: readonly Grant[] },
  to: string,
  role: Role,
  scope: string | null,
): boolean {
  if (giver.id === to) return false;
  if (installationRoles.includes(role) !== (scope === null)) return false;
  return giver.grants.some((grant) => {
    if (!permissions["role:grant"].some((allowed) => allowed === grant.role)) return false;
    if (grant.scope !== null && grant.scope !== scope) return false;
    return !above[grant.role]?.includes(role);
  });
}
