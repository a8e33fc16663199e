import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import type { WakeTopic } from "../platform/wake.ts";
import { audit, localActor } from "./audit.ts";
import { areas, type PersonTables, type TieArea } from "./person-tables.ts";

/**
 * What is tied to a person's name elsewhere: rights in rooms above all. A person that is deleted keeps its row, and so
 * its name, until each area has ended its ties. They are ended twice: when the deletion begins, so that rights go at once
 * whatever the XMPP server says, and when the account is gone, since until then its sessions may have made new ones.
 */

/** The ties of a person that an area is to end. */
export interface PersonTie {
  readonly person: string;
  readonly localpart: string;
  readonly round: string;
}

/** There are ties to be ended. */
export const personTiesTopic: WakeTopic<{ tenant: string }> = {
  name: "identity:person-ties",
  schema: z.object({ tenant: z.string() }),
};

/** Has all areas look for ties of a person, from now on, in the transaction of what is the reason. */
export async function beginTies(
  trx: Transaction<PersonTables>,
  { tenant, person, localpart }: { readonly tenant: string; readonly person: string; readonly localpart: string },
  { now, newId }: { readonly now: Date; readonly newId: NewId },
): Promise<void> {
  const at = { tenant_id: tenant, person_id: person, localpart, round: newId(), begun_at: now };
  await trx
    .insertInto("person_tie")
    .values(areas.map((area) => ({ ...at, area })))
    .onConflict((conflict) =>
      conflict.columns(["tenant_id", "person_id", "area"]).doUpdateSet({ round: at.round, begun_at: now }),
    )
    .execute();
}

/** The ties that an area has to end in a tenant, the longest waiting first. */
export async function openTies(db: Database, tenant: string, area: TieArea, limit: number): Promise<PersonTie[]> {
  return db.withTenants([tenant], (trx: Transaction<PersonTables>) =>
    trx
      .selectFrom("person_tie")
      .select(["person_id as person", "localpart", "round"])
      .where("tenant_id", "=", tenant)
      .where("area", "=", area)
      .orderBy("begun_at")
      .orderBy("person_id")
      .limit(limit)
      .execute(),
  );
}

/**
 * An area has ended these ties, in the transaction that makes sure of it: with the last ones of an account that is gone
 * the person is, too: `gone`. `ended` is what the log says of them. Undefined, and nothing is changed, when another round
 * has begun or another process was faster.
 */
export async function untiePerson<T>(
  transaction: Transaction<T>,
  tenant: string,
  area: TieArea,
  tie: PersonTie,
  {
    now,
    newId,
    ended,
  }: { readonly now: Date; readonly newId: NewId; readonly ended: Readonly<Record<string, number>> },
): Promise<{ readonly gone: boolean } | undefined> {
  // The caller's transaction knows its own tables; here only ours matter.
  const trx = transaction as unknown as Transaction<PersonTables>;
  // First the person, as finishing the account does: of two who finish, one is the last.
  const person = await trx
    .selectFrom("person")
    .select("account")
    .where("tenant_id", "=", tenant)
    .where("id", "=", tie.person)
    .forUpdate()
    .executeTakeFirst();
  const done = await trx
    .deleteFrom("person_tie")
    .where("tenant_id", "=", tenant)
    .where("person_id", "=", tie.person)
    .where("area", "=", area)
    .where("round", "=", tie.round)
    .executeTakeFirst();
  if (done.numDeletedRows === 0n) return undefined;
  const gone = person?.account === "none";
  if (gone) await deleteUntied(trx, tenant, tie.person);
  const change = { tenant, action: "person:untie", object: `person/${tie.person}`, after: { area, ...ended } };
  await audit(trx, localActor(`job:${area}`), change, now, newId);
  return { gone };
}

/** A person whose account is gone goes, unless there are ties. */
async function deleteUntied(trx: Transaction<PersonTables>, tenant: string, person: string): Promise<void> {
  await trx
    .deleteFrom("person")
    .where("tenant_id", "=", tenant)
    .where("id", "=", person)
    .where("status", "=", "deleted")
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("person_tie")
            .select("area")
            .where("person_tie.tenant_id", "=", tenant)
            .where("person_tie.person_id", "=", person),
        ),
      ),
    )
    .execute();
}

/**
 * Makes sure until the transaction ends that none of these (bare addresses) is a person of the tenant that is being
 * deleted: new ties are made to who stays. Addresses without a person are let through. Throws `not-found`.
 */
export async function requireStaying<T>(
  transaction: Transaction<T>,
  tenant: string,
  bares: readonly string[],
): Promise<void> {
  const localparts = bares.map((bare) => bare.slice(0, Math.max(0, bare.indexOf("@"))));
  if (localparts.every((local) => local === "")) return;
  const trx = transaction as unknown as Transaction<PersonTables>;
  const found = await trx
    .selectFrom("person as p")
    .innerJoin("tenant as t", "t.id", "p.tenant_id")
    .select(["p.localpart", "p.status"])
    .where("p.tenant_id", "=", tenant)
    .where("p.localpart", "in", localparts)
    .where(sql<string>`p.localpart || '@' || t.domain`, "in", bares)
    // In one order, whoever else asks for the same people.
    .orderBy("p.localpart")
    .forKeyShare("p")
    .execute();
  const leaving = found.find(({ status }) => status === "deleted");
  if (leaving) throw new KontorError("not-found", `${leaving.localpart} is being deleted`);
}
