import type { Session } from "./session.tsx";

const KEY = "kontor-tenant";

/** The tenant that was chosen in this window, for as long as it is open. */
export const chosenTenant = (): string | undefined => sessionStorage.getItem(KEY) ?? undefined;

export function keepTenant(tenant: string | undefined): void {
  if (tenant === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, tenant);
}

/** The tenants in which somebody holds roles that have not ended: his own first. */
export function tenantsOf({ person, grants }: Pick<Session, "person" | "grants">, now: number): string[] {
  const foreign = grants.flatMap(({ scope, expiresAt }) =>
    scope !== null && (expiresAt === null || Date.parse(expiresAt) > now) ? [scope] : [],
  );
  return [...new Set([person.tenant, ...foreign])];
}
