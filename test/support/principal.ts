import type { Principal, Scope } from "../../platform/http.ts";

/** A token that may do these actions, in one tenant or (null) in all. */
export function tokenFor(tenant: string | null, ...scopes: readonly Scope[]): Principal {
  return {
    id: "test",
    name: "test",
    tenant,
    person: undefined,
    roles: ["token"],
    may: (action, of) => scopes.includes(action) && (tenant === null || tenant === of),
  };
}
