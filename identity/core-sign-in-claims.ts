/** What the claims of an ID token say of a person here. Pure. */

export const personMatches = ["localpart", "email"] as const;

/** How claims are read for a tenant. */
export interface ClaimRules {
  readonly personClaim: string;
  /** What of a person the claim names. */
  readonly personMatch: (typeof personMatches)[number];
  readonly tenantClaim: string;
  readonly tenantValue: string;
}

type Claims = Readonly<Record<string, unknown>>;

/** Why claims name nobody. */
export type ClaimProblem = "other-organisation" | "no-person-claim";

/**
 * The local part or e-mail address that the claims name, in lower case. The tenant's claim comes first: for whom it does
 * not hold, nothing else is looked at. It may be a list, of which one value must fit.
 */
export function namedBy(
  claims: Claims,
  { personClaim, personMatch, tenantClaim, tenantValue }: ClaimRules,
  domain: string,
): { readonly name: string } | { readonly problem: ClaimProblem } {
  const of = own(claims, tenantClaim);
  const values = Array.isArray(of) ? of : [of];
  if (!values.some((value) => textOf(value) === tenantValue)) return { problem: "other-organisation" };
  const value = own(claims, personClaim);
  if (typeof value !== "string" || value === "") return { problem: "no-person-claim" };
  // Somebody who could name himself after another: an address that the provider has not seen working.
  if (personClaim === "email" && own(claims, "email_verified") === false) return { problem: "no-person-claim" };
  const name = value.normalize("NFC").toLowerCase();
  if (personMatch === "email") return name.includes("@") ? { name } : { problem: "no-person-claim" };
  const [localpart = "", of_, ...more] = name.split("@");
  if (localpart === "" || more.length > 0 || (of_ !== undefined && of_ !== domain))
    return { problem: "no-person-claim" };
  return { name: localpart };
}

const own = (claims: Claims, name: string): unknown => (Object.hasOwn(claims, name) ? claims[name] : undefined);

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined;
