/** The rules of a tenant and what its people hide and show, as the XMPP server is to know them. */
import type { Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import type { PresenceRules } from "./core-visibility.ts";
import type { OwnSettings } from "./core-visibility-feed.ts";
import { rulesIn } from "./store-rules.ts";
import type { PresenceTables } from "./tables.ts";

export interface VisibilityOfTenant {
  readonly rules: PresenceRules;
  /** By local part; who has set nothing that matters is missing. */
  readonly people: ReadonlyMap<string, OwnSettings>;
}

/** All of it at one moment; an absence that is over is not there. */
export function readVisibility(db: Database, tenant: string, now: Date): Promise<VisibilityOfTenant> {
  return db.withTenants([tenant], async (trx: Transaction<PresenceTables>) => {
    const { rules } = await rulesIn(trx, tenant);
    const rows = await trx
      .selectFrom("person_presence as own")
      .innerJoin("person", (join) =>
        join.onRef("person.tenant_id", "=", "own.tenant_id").onRef("person.id", "=", "own.person_id"),
      )
      .select(["person.localpart", "own.audience", "own.hide_times", "own.away_until", "own.away_text"])
      .where("own.tenant_id", "=", tenant)
      .where("person.status", "<>", "deleted")
      .where((its) =>
        its.or([
          its("own.audience", "is not", null),
          its("own.hide_times", "=", true),
          its("own.away_until", ">", now),
        ]),
      )
      .execute();
    const people = rows.map(({ localpart, audience, hide_times, away_until, away_text }): [string, OwnSettings] => [
      localpart,
      {
        audience,
        hideTimes: hide_times,
        away: away_until && away_until > now ? { until: away_until.getTime(), text: away_text ?? "" } : null,
      },
    ]);
    return { rules, people: new Map(people) };
  });
}
