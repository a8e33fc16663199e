/** The REST door of presence: who of a tenant's people is there. */
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { type Caller, contentTag, type Route, route } from "../platform/http.ts";
import { domainOf, type PresenceHttpDeps } from "./http-deps.ts";
import { presenceEventRoutes } from "./http-events.ts";
import { ownPresenceRoutes } from "./http-own.ts";
import { partnerPresenceRoute } from "./http-partners.ts";
import { presenceRulesRoutes } from "./http-rules.ts";
import * as shapes from "./http-shapes.ts";
import { presenceUsageRoutes } from "./http-usage.ts";
import { lookerOf } from "./lookers.ts";
import { sightOf } from "./sight.ts";
import { readDirectory, rosterGroups } from "./store-directory.ts";

/** People that are looked at for one answer: a rare filter gives short pages instead of long waits. */
const MAX_SCANNED = 2_000;
const CHUNK = 500;

type PersonPresence = z.input<typeof shapes.personPresence>;

const cursorOf = (localpart: string): string => Buffer.from(localpart).toString("base64url");
const afterCursor = (cursor: string | undefined): string | undefined =>
  cursor === undefined ? undefined : Buffer.from(cursor, "base64url").toString();

export function presenceRoutes(deps: PresenceHttpDeps): Route[] {
  const { db, clock } = deps;

  const lookAs = async (tenant: string, { principal }: Caller) => {
    const domain = await domainOf(deps, tenant);
    return sightOf(deps, { tenant, domain }, principal, await lookerOf(db, principal, tenant));
  };

  return [
    ...presenceRulesRoutes(deps),
    ...ownPresenceRoutes(deps),
    ...presenceEventRoutes(deps),
    ...presenceUsageRoutes(deps),
    partnerPresenceRoute(deps),
    route({
      method: "get",
      path: "/tenants/{tenant}/presence",
      summary: "The presence of a tenant's people as you may see it, by pages",
      scope: "presence:read",
      params: shapes.tenantPath,
      query: z.object({
        limit: z.coerce.number().int().min(1).max(500).default(100),
        cursor: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,1400}$/, "is not one that was given out")
          .refine(
            (text) => shapes.plainText(Buffer.from(text, "base64url").toString()),
            "is not one that was given out",
          )
          .optional(),
        text: shapes.searchText.optional(),
        group: z.uuid().optional().describe("A group that is shown in rosters."),
        localparts: shapes.localparts.optional(),
        show: shapes.shown.optional(),
        available: z.enum(["true", "false"]).optional(),
      }),
      response: z.object({
        since: shapes.time.describe(
          "Since when the state is known without a gap; null while the XMPP server cannot be heard.",
        ),
        people: z.array(shapes.personPresence),
        next: z.string().nullable().describe("Cursor of the next page, null at the end; a filtered page may be short."),
      }),
      etag: contentTag,
      handle: async ({ params: { tenant }, query, caller }) => {
        const { text, group, localparts } = query;
        const look = await lookAs(tenant, caller);
        // By what is shown, never by what is: who may not be seen fits nothing but unknown.
        const fits = (each: PersonPresence) =>
          (query.show === undefined || each.show === query.show) &&
          (query.available === undefined || String(each.available) === query.available);
        const filtered = query.show !== undefined || query.available !== undefined;
        const people: PersonPresence[] = [];
        let after = afterCursor(query.cursor);
        let since: number | undefined;
        for (let scanned = 0; scanned < MAX_SCANNED; ) {
          // One more than fits tells whether another page follows.
          const limit = filtered ? CHUNK : query.limit + 1;
          const chunk = await readDirectory(db, tenant, { after, limit, text, group, localparts }, new Date(clock()));
          const { since: at, seen } = await look(chunk);
          since = at;
          for (const each of seen) {
            if (people.length === query.limit) return page(since, people, after);
            after = each.localpart;
            if (fits(each)) people.push(each);
          }
          scanned += seen.length;
          if (seen.length < limit) return page(since, people, undefined);
        }
        return page(since, people, after);
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/presence/{localpart}",
      summary: "The presence of one person as you may see it",
      scope: "presence:read",
      params: shapes.tenantPath.extend({ localpart: shapes.localpart }),
      response: shapes.personPresence,
      etag: contentTag,
      handle: async ({ params: { tenant, localpart }, caller }) => {
        const look = await lookAs(tenant, caller);
        const found = await readDirectory(db, tenant, { localparts: [localpart], limit: 1 }, new Date(clock()));
        const [seen] = found.people.length > 0 ? (await look(found)).seen : [];
        if (!seen) throw new KontorError("not-found", "There is no such person in this tenant");
        return seen;
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/presence-groups",
      summary: "The groups of a tenant that are shown in rosters (1,000 at most), by name",
      scope: "presence:read",
      params: shapes.tenantPath,
      response: z.object({
        items: z.array(z.object({ id: z.string(), name: z.string(), members: z.int() })),
        next: z.null(),
      }),
      etag: contentTag,
      handle: async ({ params: { tenant } }) => {
        await domainOf(deps, tenant);
        return { items: await rosterGroups(db, tenant), next: null };
      },
    }),
  ];
}

function page(since: number | undefined, people: PersonPresence[], after: string | undefined) {
  return {
    since: since === undefined ? null : new Date(since).toISOString(),
    people,
    next: after === undefined ? null : cursorOf(after),
  };
}
