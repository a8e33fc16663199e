import type { TFunction } from "i18next";
import { roles } from "../../identity/permissions.ts";

/** What a role is called in the reader's language; one that is not known here keeps its own name. */
export function roleName(t: TFunction, role: string): string {
  const known = roles.find((each) => each === role);
  return known ? t(`roleNames.${known}`) : role;
}
