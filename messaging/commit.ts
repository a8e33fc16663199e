import { CompiledQuery, sql, type Transaction } from "kysely";
import { audit } from "../identity/index.ts";
import { type Database, InDoubtError, type Statement } from "../platform/postgres.ts";
import type { LoggedCommand } from "./core-commands.ts";
import type { Erasure, Subject } from "./core-state.ts";
import { type ErasureDeps, eraseMessages, removeReleased } from "./erase.ts";
import type { LogEntry } from "./log.ts";
import { settleLogged } from "./store-commands.ts";
import type { Tables } from "./tables.ts";

/** An entry with everything the log stores. Written again after a doubtful failure, it gives the same row. */
export interface CommitEntry extends LogEntry {
  readonly tenant: string;
  /** The owner's fence: an older one than the database's refuses the whole batch. */
  readonly fence: number;
  readonly roomId: string;
  /** The new subject of the room, when the entry is one. */
  readonly subject: Subject | undefined;
  /** The mark by which the server kept the message: by it, one that comes again is known. */
  readonly held?: string | undefined;
  /** What of the API it carries out. */
  readonly command?: LoggedCommand | undefined;
  /** What the entry takes back; `domain` is the tenant's. */
  readonly erasure?: (Erasure & { readonly domain: string }) | undefined;
}

/** Another process has become the owner of these tenants' rooms. */
export class FencedError extends Error {
  readonly tenants: readonly string[];

  constructor(tenants: readonly string[]) {
    super(`Another process owns the rooms of ${tenants.join(", ")}`);
    this.name = "FencedError";
    this.tenants = tenants;
  }
}

// One statement, one round trip. The lock makes a new owner wait for this commit before it reads where the log ends;
// where not every fence holds, nothing is written. Gives the tenants whose fence held.
const APPEND = `
  with held as (
    select o.tenant_id from room_owner o
    join unnest($1::text[], $2::bigint[]) as f (tenant_id, fence) on f.tenant_id = o.tenant_id and f.fence = o.fence
    for share of o
  ), allowed as (
    select count(*) = cardinality($1::text[]) as all_held from held
  ), given as (
    select * from unnest(
      $3::text[], $4::uuid[], $5::bigint[], $6::uuid[], $7::timestamptz[], $8::text[], $9::text[], $10::text[],
      $11::text[], $12::uuid[], $13::text[], $14::text[], $15::text[])
      as entry (tenant_id, room_id, seq, id, at, sender, nick, occupant_id, origin, origin_ref, stanza, body, held)
    where (select all_held from allowed)
  ), logged as (
    insert into room_log
      (tenant_id, room_id, seq, id, at, sender, nick, occupant_id, origin, origin_ref, stanza, body, held)
    select * from given on conflict do nothing
  ), counted as (
    update room set last_seq = greatest(room.last_seq, e.seq)
    from (select tenant_id, room_id, max(seq) as seq from given group by tenant_id, room_id) as e
    where room.tenant_id = e.tenant_id and room.id = e.room_id
  )
  select tenant_id from held`;

function append(fences: ReadonlyMap<string, number>, entries: readonly CommitEntry[]): Statement {
  const column = <T>(pick: (entry: CommitEntry) => T): T[] => entries.map(pick);
  const columns = [
    ...[column((e) => e.tenant), column((e) => e.roomId), column((e) => e.seq), column((e) => e.id)],
    ...[column((e) => e.at), column((e) => e.sender), column((e) => e.nick), column((e) => e.occupantId)],
    ...[column((e) => e.origin), column((e) => e.originRef), column((e) => e.stanza), column((e) => e.body)],
    column((e) => e.held ?? null),
  ];
  return { name: "room-log-append", text: APPEND, values: [[...fences.keys()], [...fences.values()], ...columns] };
}

/**
 * Commits entries of any tenants and rooms in one transaction. Idempotent: the same entries again change nothing.
 * Throws FencedError, WithdrawnError or what PostgreSQL says when nothing was stored, InDoubtError when that is not known.
 */
export async function commitEntries(
  db: Database,
  entries: readonly CommitEntry[],
  erasing: ErasureDeps,
): Promise<void> {
  // Where entries of two ownerships meet, the older one's must not pass under the newer one's fence.
  const fences = new Map<string, number>();
  for (const { tenant, fence } of entries) fences.set(tenant, Math.min(fence, fences.get(tenant) ?? fence));
  const tenants = [...fences.keys()];
  const statement = append(fences, entries);
  const check = (rows: readonly { readonly tenant_id: string }[]) => {
    if (rows.length === tenants.length) return;
    const kept = new Set(rows.map((row) => row.tenant_id));
    throw new FencedError(tenants.filter((tenant) => !kept.has(tenant)));
  };
  if (
    !entries.some(({ originRef, subject, erasure, command }) => originRef !== null || subject || erasure || command)
  ) {
    return check(await db.oneFor(tenants, statement));
  }
  let atCommit = false;
  const work = db.withTenants(tenants, async (trx: Transaction<Tables>) => {
    const commanded = entries.flatMap(({ command, ...entry }) => (command ? [{ ...entry, command }] : []));
    const settled = commanded.length > 0 ? await settleLogged(trx, commanded) : new Set<string>();
    check(
      (await trx.executeQuery<{ tenant_id: string }>(CompiledQuery.raw(statement.text, [...statement.values]))).rows,
    );
    const taken = entries.filter((entry) => entry.originRef !== null);
    if (taken.length > 0) {
      await sql`
        delete from room_inbox using unnest(${taken.map((e) => e.tenant)}::text[], ${taken.map((e) => e.originRef)}::uuid[])
          as done (tenant_id, id)
        where room_inbox.tenant_id = done.tenant_id and room_inbox.id = done.id`.execute(trx);
    }
    for (const { tenant, roomId, subject } of entries) {
      if (!subject) continue;
      await trx
        .updateTable("room")
        .set({ subject: JSON.stringify(subject) })
        .where("tenant_id", "=", tenant)
        .where("id", "=", roomId)
        .execute();
    }
    const released = await eraseMessages(trx, entries, erasing);
    for (const { tenant, roomId, id, at, command } of commanded) {
      if (!command.change || !settled.has(id)) continue;
      const change = { ...command.change, tenant, object: `room/${roomId}` };
      await audit(trx, command.actor, change, at, erasing.newId);
    }
    atCommit = true;
    return released;
  });
  const released = await work.catch((error: unknown) => {
    throw atCommit ? new InDoubtError(error) : error;
  });
  await removeReleased(released, erasing);
}

/** Makes the log's partitions of a day and the next (UTC), so that a batch at midnight finds its own. */
export async function prepareDays(db: Database, at: Date): Promise<void> {
  const days = [at, new Date(at.getTime() + 86_400_000)].map((day) => day.toISOString().slice(0, 10));
  for (const day of days) await sql`select room_log_day(${day}::date)`.execute(db.common());
}

/** Sorts the words of a day's messages (UTC) into their index, where new ones wait for it. */
export async function tidyDay(db: Database, at: Date): Promise<void> {
  await sql`select room_log_tidy(${at.toISOString().slice(0, 10)}::date)`.execute(db.common());
}
