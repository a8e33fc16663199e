/** The REST door of one's own one-to-one messages: for the person itself, nobody else. */
import { z } from "zod";
import { actorOf, findTenant } from "../../identity/index.ts";
import { KontorError } from "../../platform/errors.ts";
import { type Caller, cursor, Download, download, pageOf, pageSchema, type Route, route } from "../../platform/http.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Database } from "../../platform/postgres.ts";
import { excerpt, hitsIn } from "../core-excerpt.ts";
import { languages } from "../core-html.ts";
import { createTurns } from "../turns.ts";
import { type ArchivedMessage, messageOf } from "./core-message.ts";
import { exportOwn } from "./export.ts";
import { searchOwn } from "./search.ts";
import { listConversations, type Own, type PersonalReading, readConversation } from "./store.ts";

export interface PersonalHttpDeps {
  readonly db: Database;
  /** Undefined where the server's archive is not ours to read. */
  readonly archive: Database | undefined;
  readonly clock: () => number;
  readonly newId: NewId;
}

const limit = z.coerce.number().int().min(1).max(200).default(50);
const address = z.string().min(1).max(1_023).describe("Bare address.");
const instant = z.iso.datetime({ offset: true }).optional();

const message = z.object({
  id: z.string().describe("As the server's archive has it (XEP-0313)."),
  at: z.iso.datetime(),
  with: z.string(),
  direction: z.enum(["sent", "received"]),
  body: z.string().nullable(),
  encrypted: z.boolean().describe("Only the devices of those who wrote it can read it; `body` is a note about that."),
});
const found = message.extend({
  excerpt: z.array(z.object({ text: z.string(), hit: z.boolean() })).describe("Around what was found."),
});
const conversation = z.object({ with: z.string(), last: message });

const contactPlace = cursor(z.tuple([z.int(), z.string()]));
const place = z.tuple([z.int(), z.int()]);
const searchPlace = cursor(place);
const pagePlace = cursor(z.union([z.strictObject({ older: place }), z.strictObject({ newer: place })]));
const placeOf = ({ when, sort_id }: ArchivedMessage) => [when, sort_id] as [number, number];

export function personalRoutes(deps: PersonalHttpDeps): Route[] {
  const { db, clock, newId } = deps;
  // One search of each person and two of all at once: they read much.
  const people = createTurns({ running: 1, waiting: 4 });
  const searches = createTurns({ running: 2, waiting: 64 });

  const ownOf = async ({
    principal: { person },
  }: Caller): Promise<{ own: Own; reading: PersonalReading; person: string }> => {
    const { archive } = deps;
    if (!person) throw new KontorError("forbidden", "Only people have messages of their own, tokens have none");
    if (!archive) throw new KontorError("feature-not-implemented", "The archive of this server is not read here");
    const tenant = await findTenant(db, person.tenant);
    if (!tenant) throw new KontorError("not-found");
    const own = { tenant: tenant.id, host: tenant.domain, user: person.localpart };
    return { own, reading: { db, archive, clock }, person: person.id };
  };
  const shown = (own: Own) => (row: ArchivedMessage) => messageOf(row, `${own.user}@${own.host}`);
  const common = {
    method: "get" as const,
    scope: "own:read" as const,
    problems: ["feature-not-implemented", "policy-violation", "too-many"] as const,
  };
  return [
    route({
      ...common,
      path: "/own/conversations",
      summary: "With whom one has exchanged messages, the latest first; one's own only",
      query: z.object({ cursor: contactPlace.schema.optional(), limit }),
      response: pageSchema(conversation),
      handle: async ({ query, caller }) => {
        const { own, reading } = await ownOf(caller);
        const rows = await listConversations(reading, own, query.cursor, query.limit + 1);
        const item = (row: ArchivedMessage) => ({ with: row.with, last: shown(own)(row) });
        return pageOf(rows, query.limit, item, (last) => contactPlace.write([last.when, last.with]));
      },
    }),
    route({
      ...common,
      path: "/own/conversations/{with}",
      summary: "What one has exchanged with somebody, newest first; one's own only",
      params: z.object({ with: address }),
      query: z.object({ cursor: pagePlace.schema.optional(), limit }),
      response: pageSchema(message).extend({
        previous: z.string().nullable().describe("`cursor` of what is newer, also of what is still to come."),
      }),
      handle: async ({ params, query: { cursor: from, limit: size }, caller }) => {
        const { own, reading } = await ownOf(caller);
        const forward = from !== undefined && "newer" in from;
        const rows = await readConversation(reading, own, params.with, from, size + 1);
        // The one row too many lies at the far end of where the page goes.
        const page = rows.length <= size ? rows : forward ? rows.slice(1) : rows.slice(0, size);
        const [newest, oldest] = [page[0], page.at(-1)];
        const olderLeft = forward || rows.length > size;
        return {
          items: page.map(shown(own)),
          next: oldest && olderLeft ? pagePlace.write({ older: placeOf(oldest) }) : null,
          previous: newest
            ? pagePlace.write({ newer: placeOf(newest) })
            : forward && from
              ? pagePlace.write(from)
              : null,
        };
      },
    }),
    route({
      ...common,
      path: "/own/messages/export",
      summary: "Take one's own messages along, oldest first, as JSON or as a page to read; that it was done is logged",
      query: z.object({
        format: z.enum(["json", "html"]).default("json"),
        language: z.enum(languages).default("de").describe("Of the page."),
      }),
      response: download,
      downloads: ["application/json", "text/html"],
      handle: async ({ query, caller }) => {
        const { own, reading, person } = await ownOf(caller);
        const pieces = exportOwn({ ...reading, newId }, own, query, person, actorOf(caller));
        const type = query.format === "json" ? "application/json" : "text/html; charset=utf-8";
        return new Download(type, `messages.${query.format}`, pieces);
      },
    }),
    route({
      ...common,
      path: "/own/messages",
      summary: "Search in one's own messages, newest first; a page may be empty and still have a next one",
      query: z.object({
        text: z.string().min(1).max(200).describe('Words in any of their forms, "a phrase", or, -without.'),
        with: address.optional(),
        from: instant.describe("From this instant on."),
        to: instant.describe("Up to before this instant."),
        cursor: searchPlace.schema.optional(),
        limit,
      }),
      response: pageSchema(found),
      handle: async ({ query: { cursor: before, limit: size, ...filter }, caller }) => {
        const { own, reading } = await ownOf(caller);
        const search = () => searchOwn(reading, own, filter, before, size);
        const { hits, next } = await people.take(caller.principal.id, () => searches.take("all", search));
        const items = hits.map((hit) => {
          const one = shown(own)(hit);
          return { ...one, excerpt: excerpt(one.body ?? "", hitsIn(hit.marked)) };
        });
        return { items, next: next ? searchPlace.write([next[0], next[1]]) : null };
      },
    }),
  ];
}
