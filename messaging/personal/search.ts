/** Search in one's own messages, in German and English. */
import { sql } from "kysely";
import { z } from "zod";
import { HIT_END, HIT_START } from "../core-excerpt.ts";
import { beyond, mine, type Own, type PersonalReading, type Place, reading } from "./store.ts";

export interface PersonalFilter {
  /** Words in any of their forms, `"a phrase"`, `or`, `-without`. */
  readonly text: string;
  readonly with?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * Messages that one search reads. There is no index of words: it would be written by the server, whose writes hold up
 * everybody, for what is searched now and then in the few messages of one person. What is further back is the next page.
 */
const SCANNED = 5_000;
/** Characters of a message that are looked through. */
const LOOKED_THROUGH = 16_000;

const hit = z.object({
  sort_id: z.number(),
  key: z.string(),
  when: z.number(),
  with: z.string(),
  value: z.string(),
  marked: z.string(),
});
const answer = z.object({
  hits: z.array(hit),
  scanned: z.number(),
  last: z.tuple([z.number(), z.number()]).nullable(),
});

/** The text of a message itself: a body of another kind, such as XHTML-IM's, has a namespace of its own. */
const body = sql`left(replace(replace(replace(replace(replace(
  substring(value from $re$<body(?: xml:lang=(?:'[^']*'|"[^"]*"))?>([^<]*)</body>$re$),
  '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&apos;', ''''), '&amp;', '&'), ${sql.lit(LOOKED_THROUGH)})`;

const dictionaries = ["german", "english", "simple"].map((name) => sql.lit(`pg_catalog.${name}`));
const joined = (parts: readonly ReturnType<typeof sql>[]) => sql.join([...parts], sql` || `);

/**
 * Up to `limit` messages that fit, the newest first, each with what was found in it marked, and the place where the
 * search goes on; undefined at the end of the archive.
 */
export function searchOwn(
  deps: PersonalReading,
  own: Own,
  filter: PersonalFilter,
  before: Place | undefined,
  limit: number,
) {
  return reading(deps, own, async (trx, since) => {
    const { text, from, to } = filter;
    const conditions = [
      mine(own, since),
      sql`position('<body' in value) > 0`,
      ...(filter.with === undefined ? [] : [sql`"with" = ${filter.with}`]),
      ...(from === undefined ? [] : [sql`"when" >= ${Math.ceil(Date.parse(from) / 1_000)}::bigint`]),
      ...(to === undefined ? [] : [sql`"when" < ${Math.ceil(Date.parse(to) / 1_000)}::bigint`]),
    ];
    const query = joined(dictionaries.map((name) => sql`websearch_to_tsquery(${name}, ${text})`));
    const words = joined(dictionaries.map((name) => sql`to_tsvector(${name}, body)`));
    const marks = `StartSel=${HIT_START}, StopSel=${HIT_END}, HighlightAll=true`;
    const mark = (name: string) => sql`ts_headline(${sql.lit(`pg_catalog.${name}`)}, body, sought, ${marks})`;
    const found = await sql`
      with scanned as materialized (
        select sort_id, key, "when", "with", value, ${body} as body from prosodyarchive
        where ${sql.join(conditions, sql` and `)} ${before ? beyond(before, sql`<`) : sql``}
        order by "when" desc, sort_id desc limit ${SCANNED}
      ), hit as materialized (
        select scanned.*, sought from scanned, (select ${query} as sought) query
        where body is not null and (${words}) @@ sought
        order by "when" desc, sort_id desc limit ${limit + 1}
      ), shown as (
        select sort_id, key, "when", "with", value,
          case when position(${HIT_START} in ${mark("german")}) > 0 then ${mark("german")} else ${mark("english")} end
            as marked
        from hit
      )
      select coalesce((select json_agg(shown order by "when" desc, sort_id desc) from shown), '[]') as hits,
        (select count(*)::int from scanned) as scanned,
        (select json_build_array("when", sort_id) from scanned order by "when", sort_id limit 1) as last`.execute(trx);
    const { hits, scanned, last } = answer.parse(found.rows[0]);
    const shown = hits.slice(0, limit);
    const final = shown.at(-1);
    if (hits.length > limit && final) return { hits: shown, next: [final.when, final.sort_id] as const };
    return { hits: shown, next: scanned === SCANNED && last ? last : undefined };
  });
}
