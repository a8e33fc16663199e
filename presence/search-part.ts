/** The directory of a tenant's people for any client (XEP-0055), at the presence domain. */
import { RateLimiterMemory } from "rate-limiter-flexible";
import { bareOf, type Jid } from "../components/jid.ts";
import type { Incoming } from "../components/router.ts";
import { attr } from "../components/stanza.ts";
import { NS_SEARCH, peopleSearch } from "../components/xep/xep-0055-search.ts";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { count, tooMany } from "../platform/throttle.ts";
import { MAX_FOUND, readSearch, searchAnswer, searchOffer } from "./core-search.ts";
import type { OpenPart } from "./part.ts";
import { rosterGroups } from "./store-directory.ts";
import { readPresenceRules } from "./store-rules.ts";
import { findPeople } from "./store-search.ts";

/** Of one person. One process serves a tenant, so that it counts in memory. */
const SEARCHES = { points: 20, duration: 60 };

/** German where the client says nothing of its language (RFC 6120 8.1.5), as in the forms of rooms. */
const languageOf = ({ stanza }: Incoming): "de" | "en" => (/^en\b/i.test(attr(stanza, "xml:lang") ?? "") ? "en" : "de");

/**
 * Lets people of the tenant search. Those of partners do where the tenant's rule shows its people to all of them: whom
 * one may see as a contact only, one need not find.
 */
export const searchPart =
  ({ db }: { readonly db: Database }): OpenPart =>
  ({ tenant }) => {
    const limiter = new RateLimiterMemory(SEARCHES);

    const admit = async (from: Jid): Promise<"tenant" | "partner"> => {
      // Guests of the tenant have addresses at hosts below its own.
      const isGuest = from.domain.endsWith(`.${tenant.domain}`);
      if (from.local === "" || isGuest)
        throw new KontorError("forbidden", "The directory is for people with an account");
      const state = await count(limiter, bareOf(from));
      if (state.consumedPoints > SEARCHES.points) throw tooMany("searches", state);
      if (from.domain === tenant.domain) return "tenant";
      const { rules } = await readPresenceRules(db, tenant.id);
      if (rules.partners === "everyone") return "partner";
      throw new KontorError("forbidden", "The people of this tenant are not shown to those of other tenants");
    };

    return {
      iq: [
        {
          to: "domain",
          type: "get",
          ns: NS_SEARCH,
          name: "query",
          handle: async (incoming) => {
            const by = await admit(incoming.from);
            const groups = by === "tenant" ? await rosterGroups(db, tenant.id) : [];
            return peopleSearch.write(searchOffer(languageOf(incoming), groups));
          },
        },
        {
          to: "domain",
          type: "set",
          ns: NS_SEARCH,
          name: "query",
          handle: async (incoming, element) => {
            const by = await admit(incoming.from);
            const { group, ...search } = readSearch(peopleSearch.read(element));
            if (group !== undefined && by === "partner")
              throw new KontorError("forbidden", "Groups are the tenant's own");
            const wanted = group === undefined ? search : { ...search, group };
            const found = await findPeople(db, tenant.id, wanted, { by, limit: MAX_FOUND + 1 });
            return peopleSearch.write(searchAnswer(languageOf(incoming), tenant.domain, found));
          },
        },
      ],
    };
  };
