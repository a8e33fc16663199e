/** What somebody sees of the people of a tenant, a page of its directory after the other. */
import type { Principal } from "../platform/http.ts";
import { type Looker, type PresentedPerson, present, viewerOf } from "./core-present.ts";
import { maySee } from "./core-visibility.ts";
import { type ContactsReader, withContacts } from "./lookers.ts";
import type { PresenceReader } from "./store.ts";
import type { DirectoryPage } from "./store-directory.ts";

interface SightDeps {
  readonly reader: PresenceReader;
  readonly contacts: ContactsReader;
}

interface Sight {
  /** Since when the state is known, ms since 1970; undefined: it is not. */
  readonly since: number | undefined;
  /** All of the page, in its order; who may not be seen is unknown. */
  readonly seen: PresentedPerson[];
  /** Those of them who may be seen. */
  readonly visible: PresentedPerson[];
}

export function sightOf(
  { reader, contacts }: SightDeps,
  { tenant, domain }: { readonly tenant: string; readonly domain: string },
  principal: Pick<Principal, "person">,
  who: Looker,
): (page: DirectoryPage) => Promise<Sight> {
  let looker = who;
  return async (page) => {
    const { rules, people } = page;
    const [view, known] = await Promise.all([
      reader.read(
        tenant,
        people.map((each) => each.localpart),
      ),
      withContacts(contacts, looker, principal, page),
    ]);
    looker = known;
    const all = people.map((person) => {
      const viewer = viewerOf(looker, domain, person);
      const live = view.people.get(person.localpart);
      const shown = present({ viewer, rules, domain, person, live, known: view.since !== undefined });
      return { shown, may: maySee(viewer, rules, person.own) };
    });
    return {
      since: view.since,
      seen: all.map(({ shown }) => shown),
      visible: all.flatMap(({ shown, may }) => (may ? [shown] : [])),
    };
  };
}
