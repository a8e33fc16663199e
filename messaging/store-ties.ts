/** What is tied to the name of a person in the rooms of a tenant, in the database. */
import type { Transaction } from "kysely";
import { type PersonTie, untiePerson } from "../identity/index.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { holdOwnership } from "./store-owner.ts";
import type { Tables } from "./tables.ts";

/** Names of the rooms that there are, to which somebody (a bare address) is tied. */
export async function tiedRooms(db: Database, tenant: string, bare: string, limit: number): Promise<string[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    tied(trx, tenant, bare).limit(limit).execute(),
  );
  return rows.map(({ name }) => name);
}

const tied = (trx: Transaction<Tables>, tenant: string, bare: string) =>
  trx
    .selectFrom("room_affiliation as a")
    .innerJoin("room as r", (join) => join.onRef("r.tenant_id", "=", "a.tenant_id").onRef("r.id", "=", "a.room_id"))
    .select("r.name")
    .where("a.tenant_id", "=", tenant)
    .where("a.jid", "=", bare)
    .where("r.ended_at", "is", null)
    .orderBy("r.name");

/** By whom and when ties are ended; `rooms`: in how many rooms they were. */
interface Ending {
  readonly tenant: { readonly id: string; readonly domain: string };
  readonly fence: number;
  readonly bare: string;
  /** The address as a former one is known. */
  readonly name: string;
  readonly rooms: number;
  readonly now: Date;
  readonly newId: NewId;
}

/**
 * Ends the ties of a person when no room has one any more: invitations to it are withdrawn, and who answers one by it
 * tells nobody. With the account gone, the address is a former one from then on. Undefined when there is more to do. Throws FencedError when another process owns the rooms.
 */
export function finishTies(
  db: Database,
  tie: PersonTie,
  ending: Ending,
): Promise<{ readonly gone: boolean } | undefined> {
  const { tenant, fence, bare, name, rooms, now, newId } = ending;
  return db.withTenants([tenant.id], async (trx: Transaction<Tables>) => {
    await holdOwnership(trx, tenant.id, fence);
    if (await tied(trx, tenant.id, bare).limit(1).executeTakeFirst()) return undefined;
    // Those of rooms that have ended: they count for nothing, and name somebody who is gone.
    await trx.deleteFrom("room_affiliation").where("tenant_id", "=", tenant.id).where("jid", "=", bare).execute();
    const withdrawn = await trx
      .deleteFrom("room_invitation")
      .where("tenant_id", "=", tenant.id)
      .where("invitee", "=", bare)
      .executeTakeFirst();
    await trx
      .updateTable("room_invitation")
      .set({ inviter: tenant.domain })
      .where("tenant_id", "=", tenant.id)
      .where("inviter", "=", bare)
      .execute();
    const ended = { rooms, invitations: Number(withdrawn.numDeletedRows) };
    const untied = await untiePerson(trx, tenant.id, "rooms", tie, { now, newId, ended });
    if (untied?.gone) {
      await trx
        .insertInto("room_former_name")
        .values({ tenant_id: tenant.id, name, times: 1 })
        .onConflict((conflict) =>
          conflict
            .columns(["tenant_id", "name"])
            .doUpdateSet((eb) => ({ times: eb("room_former_name.times", "+", 1) })),
        )
        .execute();
    }
    return untied;
  });
}

/** How often each address, as a former one is known, belonged to somebody who is deleted: one for each that ever was. */
export async function readFormerNames(db: Database, tenant: string): Promise<Map<string, number>> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx.selectFrom("room_former_name").select(["name", "times"]).where("tenant_id", "=", tenant).execute(),
  );
  return new Map(rows.map(({ name, times }) => [name, times]));
}
