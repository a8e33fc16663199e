/** What people have set for their own presence: who sees them, out of office, a badge. */
import type { Transaction } from "kysely";
import { audit } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import type { OwnVisibility, PresenceRules } from "./core-visibility.ts";
import { type Change, rulesIn } from "./store-rules.ts";
import type { PresenceTables } from "./tables.ts";

type Trx = Transaction<PresenceTables>;

export interface Absence {
  readonly until: Date;
  readonly text: string;
}

export interface OwnPresence extends OwnVisibility {
  /** 0: nothing was set yet. */
  readonly version: number;
  /** Null as well when it is over. */
  readonly outOfOffice: Absence | null;
  /** The unguessable part of the badge's address. */
  readonly badge: string | null;
  /** The tenant's, within which it holds. */
  readonly rules: PresenceRules;
}

/** What a person may set. */
type OwnWish = Pick<OwnPresence, "audience" | "hideTimes" | "outOfOffice" | "badge">;

export interface PersonOf {
  readonly tenant: string;
  readonly person: string;
}

async function ownIn(trx: Trx, { tenant, person }: PersonOf, now: Date): Promise<OwnPresence> {
  const { rules } = await rulesIn(trx, tenant);
  const row = await trx
    .selectFrom("person_presence")
    .select(["version", "audience", "hide_times", "away_until", "away_text", "badge"])
    .where("tenant_id", "=", tenant)
    .where("person_id", "=", person)
    .executeTakeFirst();
  return {
    rules,
    version: row?.version ?? 0,
    audience: row?.audience ?? null,
    hideTimes: row?.hide_times ?? false,
    outOfOffice: row ? absenceOf(row.away_until, row.away_text, now) : null,
    badge: row?.badge ?? null,
  };
}

/** Somebody's absence, as long as it lasts. */
export const absenceOf = (until: Date | null, text: string | null, now: Date): Absence | null =>
  until === null || until <= now ? null : { until, text: text ?? "" };

export const readOwn = (db: Database, who: PersonOf, now: Date): Promise<OwnPresence> =>
  db.withTenants([who.tenant], async (trx: Trx) => {
    await requirePerson(trx, who, false);
    return ownIn(trx, who, now);
  });

/**
 * Changes what a person has set: `wish` makes of what is there what shall be. Throws `not-found` where there is no such
 * person. The log says what was set, but neither until when somebody is away nor his words: it is kept for years.
 */
export function changeOwn(
  db: Database,
  who: PersonOf,
  wish: (before: OwnPresence) => OwnWish,
  { actor, now, newId, check }: Change,
): Promise<OwnPresence> {
  return db.withTenants([who.tenant], async (trx: Trx) => {
    await requirePerson(trx, who, true);
    const before = await ownIn(trx, who, now);
    check(before.version);
    const to = wish(before);
    const after: OwnPresence = { ...to, rules: before.rules, version: before.version + 1 };
    const row = {
      version: after.version,
      audience: after.audience,
      hide_times: after.hideTimes,
      away_until: after.outOfOffice?.until ?? null,
      away_text: after.outOfOffice?.text ?? null,
      badge: after.badge,
    };
    await trx
      .insertInto("person_presence")
      .values({ tenant_id: who.tenant, person_id: who.person, ...row })
      .onConflict((conflict) => conflict.columns(["tenant_id", "person_id"]).doUpdateSet(row))
      .execute();
    const entry = { tenant: who.tenant, action: "presence:own", object: `person/${who.person}` };
    await audit(trx, actor, { ...entry, before: logged(before), after: logged(after) }, now, newId);
    return after;
  });
}

const logged = ({ audience, hideTimes, outOfOffice, badge }: OwnPresence) => ({
  ...{ audience, hideTimes },
  ...{ outOfOffice: outOfOffice !== null, badge: badge !== null },
});

/** The row of the person is what changes of one person wait for, since the first has no other. */
async function requirePerson(trx: Trx, { tenant, person }: PersonOf, lock: boolean): Promise<void> {
  const found = await trx
    .selectFrom("person")
    .select("id")
    .where("tenant_id", "=", tenant)
    .where("id", "=", person)
    .where("status", "<>", "deleted")
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst();
  if (!found) throw new KontorError("not-found", "There is no such person");
}
