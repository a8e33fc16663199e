/** Who looks at the presence of a tenant's people: what has to be known of him for that. */
import type { Principal } from "../platform/http.ts";
import type { Database } from "../platform/postgres.ts";
import type { Contacts } from "./contacts.ts";
import { type DirectoryPerson, type Looker, needsContacts } from "./core-present.ts";
import type { PresenceRules } from "./core-visibility.ts";
import { rosterGroupsOf } from "./store-directory.ts";

/** Whom people are contacts of. */
export type ContactsReader = Pick<Contacts, "of">;

/** Somebody of the tenant, or a program; whoever else has rights there is as a program. */
export async function lookerOf(db: Database, { person }: Pick<Principal, "person">, tenant: string): Promise<Looker> {
  if (person?.tenant !== tenant) return { kind: "program" };
  const groups = (await rosterGroupsOf(db, tenant, [person.id])).get(person.id) ?? new Set();
  return { kind: "tenant", person: person.id, groups, contacts: undefined };
}

/** The looker with his contacts, where they decide what he may see of these people. */
export async function withContacts(
  contacts: ContactsReader,
  looker: Looker,
  { person }: Pick<Principal, "person">,
  { rules, people }: { readonly rules: PresenceRules; readonly people: readonly DirectoryPerson[] },
): Promise<Looker> {
  if (looker.kind === "program" || looker.contacts || !person || !needsContacts(looker, rules, people)) return looker;
  return { ...looker, contacts: await contacts.of(person.tenant, person.localpart) };
}
