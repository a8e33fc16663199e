/** Of whom a webhook is to be told: by what it was told, and by what holds in the database. */
import { type SqlBool, sql, type Transaction } from "kysely";
import { type Audience, audiences, maySee, type PresenceRules } from "../core-visibility.ts";
import type { PresenceTables } from "../tables.ts";
import type { Webhook, WebhookTables } from "./tables.ts";

export type Trx = Transaction<PresenceTables & WebhookTables>;

/** Somebody that there may be news of. */
export interface Candidate {
  readonly localpart: string;
  /** Hash over what does not come from the XMPP server; null: not (any more) of those that the webhook is about. */
  readonly settled: string | null;
  /** Whether the webhook was shown somebody of that name. */
  readonly told: boolean;
}

interface Asked {
  readonly webhook: Webhook;
  readonly rules: PresenceRules;
  readonly now: Date;
}

/** Those of these names that the webhook is about, or was shown. */
export async function candidatesOf(trx: Trx, asked: Asked, localparts: readonly string[]): Promise<Candidate[]> {
  if (localparts.length === 0) return [];
  const { rows } = await sql<Candidate>`
    select asked.localpart, found.settled, t.localpart is not null as told
    from unnest(${sql.val([...localparts])}::text[]) as asked (localpart)
    left join lateral (
      select ${settled(asked)} as settled from ${people}
      where ${isAbout(asked.webhook)} and p.localpart = asked.localpart) as found on true
    left join presence_webhook_told t on ${isTold(asked.webhook, sql.ref("asked.localpart"))}
    where found.settled is not null or t.localpart is not null`.execute(trx);
  return rows;
}

/** Up to `limit` of those whom the webhook was shown and may be shown no more, or is not about any more. */
export async function lostSight(trx: Trx, { webhook, rules }: Asked, limit: number): Promise<Candidate[]> {
  const { rows } = await sql<Candidate>`
    select t.localpart, case when p.id is null then null else '' end as settled, true as told
    from presence_webhook_told t
    left join (${people}) on p.localpart = t.localpart and ${isAbout(webhook)}
    where t.tenant_id = ${webhook.tenant} and t.webhook_id = ${webhook.id} and (p.id is null or not ${isShown(rules)})
    order by t.localpart limit ${limit}`.execute(trx);
  return rows;
}

/** People that are compared at once. */
const STRETCH = 1_000;

/**
 * Up to `limit` of the people behind `after`, by local part, whom the webhook was told otherwise than the database has
 * them; a thousand are compared. `next`: behind whom it goes on; undefined: all are compared.
 */
export async function differing(
  trx: Trx,
  asked: Asked,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<{ readonly found: readonly Candidate[]; readonly next: string | undefined }> {
  const { webhook, rules } = asked;
  const { rows: ends } = await sql<{ localpart: string }>`
    select localpart from person where tenant_id = ${webhook.tenant} and localpart > ${after}
    order by localpart offset ${STRETCH - 1} limit 1`.execute(trx);
  const end = ends[0]?.localpart;
  const { rows: found } = await sql<Candidate>`
    select p.localpart, p.settled, t.localpart is not null as told
    from (
      select p.localpart, ${settled(asked)} as settled from ${people}
      where ${isAbout(webhook)} and p.localpart > ${after} and p.localpart <= coalesce(${end ?? null}, p.localpart)
        and ${isShown(rules)} offset 0) as p
    left join presence_webhook_told t on ${isTold(webhook, sql.ref("p.localpart"))}
    where t.settled is distinct from p.settled
    order by p.localpart limit ${limit}`.execute(trx);
  return { found, next: found.length < limit ? end : found.at(-1)?.localpart };
}

const people = sql`person p left join person_presence o on o.tenant_id = p.tenant_id and o.person_id = p.id`;

const isTold = ({ tenant, id }: Webhook, localpart: ReturnType<typeof sql.ref>) =>
  sql<SqlBool>`t.tenant_id = ${tenant} and t.webhook_id = ${id} and t.localpart = ${localpart}`;

const isAbout = ({ tenant, group }: Webhook) => sql<SqlBool>`p.tenant_id = ${tenant} and p.status = 'active'
  and (${group}::uuid is null or exists (
    select from group_member m where m.tenant_id = p.tenant_id and m.person_id = p.id and m.group_id = ${group}::uuid))`;

const settled = ({ rules, now }: Asked) => sql<string>`md5(concat_ws(chr(10),
  ${rules.hideTimes}::boolean, p.name, coalesce(o.version, 0), o.away_until > ${now}::timestamptz,
  (select string_agg(m.group_id::text, ',' order by m.group_id) from group_member m
    join person_group g on g.tenant_id = m.tenant_id and g.id = m.group_id and g.roster
    where m.tenant_id = p.tenant_id and m.person_id = p.id)))`;

/** Whether a program may see a person, as core-visibility.ts says for each choice that a person has. */
function isShown(rules: PresenceRules) {
  const sees = (audience: Audience | null) => maySee({ kind: "program" }, rules, { audience, hideTimes: false });
  const chosen = audiences.filter(sees);
  return sql<SqlBool>`case when o.audience is null then ${sees(null)}::boolean
    else o.audience = any(${sql.val(chosen)}::text[]) end`;
}
