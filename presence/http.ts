/** The REST door of presence: who of a tenant's people is there. */
import { z } from "zod";
import { findPerson, findTenant, type Person, pagePeople } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { type Route, route } from "../platform/http.ts";
import type { Database } from "../platform/postgres.ts";
import { deviceKinds, shows } from "./core.ts";
import type { PresenceReader, PresenceView } from "./store.ts";

export interface PresenceRoutesDeps {
  readonly db: Database;
  readonly reader: PresenceReader;
}

/** People that are looked at for one answer: a rare filter gives short pages instead of long waits. */
const MAX_SCANNED = 2_000;
const CHUNK = 500;

const tenant = z.string().min(1).max(63);
const shown = z.enum([...shows, "offline", "unknown"]);
const time = z.iso.datetime().nullable();

const device = z.object({
  resource: z.string(),
  show: z.enum(shows),
  status: z.string().nullable(),
  priority: z.int().min(-128).max(127),
  kind: z.enum(deviceKinds).nullable().describe("Null while it is not known what kind of device it is."),
  idleSince: time.describe("Since when nobody has touched it."),
  since: z.iso.datetime(),
});

const personPresence = z.object({
  localpart: z.string(),
  jid: z.string(),
  name: z.string(),
  available: z.boolean().describe("False as well while it is unknown."),
  show: shown.describe("Of the device that speaks for the person; unknown while the XMPP server cannot be heard."),
  status: z.string().nullable(),
  since: time.describe("When that device said so."),
  devices: z.array(device).describe("All available devices, the one that speaks for the person first."),
});
type PersonPresence = z.output<typeof personPresence>;

const iso = (ms: number): string => new Date(ms).toISOString();

/** What is shown of a person. */
function present(domain: string, person: Person, view: PresenceView): PersonPresence {
  const found = view.people.get(person.localpart)?.devices ?? [];
  const speaker = found[0];
  return {
    localpart: person.localpart,
    jid: `${person.localpart}@${domain}`,
    name: person.name,
    available: speaker !== undefined,
    show: speaker?.show ?? (view.since === undefined ? "unknown" : "offline"),
    status: speaker?.status ?? null,
    since: speaker ? iso(speaker.at) : null,
    devices: found.map(({ at, idleSince, ...rest }) => ({
      ...rest,
      idleSince: idleSince === null ? null : iso(idleSince),
      since: iso(at),
    })),
  };
}

const cursorOf = (localpart: string): string => Buffer.from(localpart).toString("base64url");
// PostgreSQL refuses a text with NUL, and no local part has a control character (RFC 7622 3.3).
const plainText = (text: string): boolean => !/[\u0000-\u001f]/u.test(text);
const afterCursor = (cursor: string | undefined): string | undefined =>
  cursor === undefined ? undefined : Buffer.from(cursor, "base64url").toString();

export function presenceRoutes({ db, reader }: PresenceRoutesDeps): Route[] {
  const domainOf = async (id: string): Promise<string> => {
    const found = await findTenant(db, id);
    if (!found) throw new KontorError("not-found", "There is no such tenant");
    return found.domain;
  };
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/presence",
      summary: "The presence of a tenant's people, by pages",
      scope: "presence:read",
      params: z.object({ tenant }),
      query: z.object({
        limit: z.coerce.number().int().min(1).max(500).default(100),
        cursor: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,1400}$/, "is not one that was given out")
          .refine((text) => plainText(Buffer.from(text, "base64url").toString()), "is not one that was given out")
          .optional(),
        show: shown.optional(),
        available: z.enum(["true", "false"]).optional(),
      }),
      response: z.object({
        since: time.describe(
          "Since when the state is known without a gap; null while the XMPP server cannot be heard.",
        ),
        people: z.array(personPresence),
        next: z.string().nullable().describe("Cursor of the next page, null at the end; a filtered page may be short."),
      }),
      handle: async ({ params, query }) => {
        const domain = await domainOf(params.tenant);
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
          const chunk = await pagePeople(db, params.tenant, { after, limit });
          const view = await reader.read(
            params.tenant,
            chunk.map((each) => each.localpart),
          );
          since = view.since;
          for (const person of chunk) {
            if (people.length === query.limit) return page(since, people, after);
            after = person.localpart;
            const each = present(domain, person, view);
            if (fits(each)) people.push(each);
          }
          scanned += chunk.length;
          if (chunk.length < limit) return page(since, people, undefined);
        }
        return page(since, people, after);
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/presence/{localpart}",
      summary: "The presence of one person",
      scope: "presence:read",
      params: z.object({ tenant, localpart: z.string().min(1).max(255).refine(plainText, "is no local part") }),
      response: personPresence,
      handle: async ({ params }) => {
        const domain = await domainOf(params.tenant);
        const localpart = params.localpart.normalize("NFC").toLowerCase();
        const person = await findPerson(db, params.tenant, localpart);
        if (!person) throw new KontorError("not-found", "There is no such person in this tenant");
        return present(domain, person, await reader.read(params.tenant, [localpart]));
      },
    }),
  ];
}

function page(since: number | undefined, people: PersonPresence[], after: string | undefined) {
  return {
    since: since === undefined ? null : iso(since),
    people,
    next: after === undefined ? null : cursorOf(after),
  };
}
