/** The REST door to the presence of people of a tenant with which one's own federates. */
import { z } from "zod";
import { agreedPartner } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { contentTag, type Route, route } from "../platform/http.ts";
import type { PresentedPerson } from "./core-present.ts";
import type { PresenceHttpDeps } from "./http-deps.ts";
import * as shapes from "./http-shapes.ts";
import { sightOf } from "./sight.ts";
import { readDirectory } from "./store-directory.ts";

const LIMIT = 100;
/** People that are looked at for one answer, and at a time. */
const MAX_SCANNED = 2_000;
const CHUNK = 500;

/** Groups are the partner's own matter. */
const person = shapes.personPresence.omit({ groups: true });
const withoutGroups = ({ groups: _groups, ...rest }: PresentedPerson) => rest;

export function partnerPresenceRoute(deps: PresenceHttpDeps): Route {
  const { db, clock } = deps;
  return route({
    method: "get",
    path: "/tenants/{tenant}/partners/{partner}/presence",
    summary:
      "The presence of people of a partner, as its rules let you see it: those asked for by name, 100 at most. Who may " +
      "not be seen is as if not there",
    scope: "presence:read",
    params: shapes.tenantPath.extend({ partner: z.string().min(1).max(253).toLowerCase().describe("Its domain.") }),
    query: z.object({
      localparts: shapes.localparts.optional(),
      text: shapes.searchText.min(2).optional(),
    }),
    response: z.object({
      since: shapes.time.describe("Since when the state is known without a gap; null while it is not known."),
      people: z.array(person),
      more: z.boolean().describe("There are others: ask for less."),
    }),
    problems: ["policy-violation"],
    etag: contentTag,
    handle: async ({ params: { tenant, partner: domain }, query, caller: { principal } }) => {
      const { localparts, text } = query;
      if (!localparts && text === undefined) {
        throw new KontorError("bad-request", "query: name people by `localparts`, or a part of their names by `text`");
      }
      const partner = await agreedPartner(db, tenant, domain);
      if (!partner) throw new KontorError("not-found", "There is no such partner that has agreed");
      const own = principal.person?.tenant === tenant ? principal.person : undefined;
      const looker = { kind: "partner", person: undefined, groups: new Set<string>(), contacts: undefined } as const;
      const look = sightOf(deps, { tenant: partner.id, domain: partner.domain }, { person: own }, looker);
      const people: PresentedPerson[] = [];
      let since: number | undefined;
      let after: string | undefined;
      let ended = false;
      for (let scanned = 0; scanned < MAX_SCANNED && people.length <= LIMIT && !ended; scanned += CHUNK) {
        const page = await readDirectory(db, partner.id, { after, limit: CHUNK, text, localparts }, new Date(clock()));
        if (page.rules.partners === "nobody") {
          throw new KontorError("policy-violation", "The partner shows the presence of its people to nobody else");
        }
        const sight = await look(page);
        since = sight.since;
        people.push(...sight.visible);
        after = page.people.at(-1)?.localpart;
        ended = page.people.length < CHUNK;
      }
      return {
        since: since === undefined ? null : new Date(since).toISOString(),
        people: people.slice(0, LIMIT).map(withoutGroups),
        more: people.length > LIMIT || !ended,
      };
    },
  });
}
