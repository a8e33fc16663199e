import { sql, type Transaction } from "kysely";
import { audit } from "../identity/index.ts";
import { callIn, type Database, InDoubtError } from "../platform/postgres.ts";
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

/** Puts entries into the log where every fence holds, and gives the tenants whose did (platform/migrations). */
const APPEND = "room_log_append";

/** What it takes after the tenants. */
function appended(fences: readonly number[], entries: readonly CommitEntry[]): readonly unknown[] {
  const column = <T>(pick: (entry: CommitEntry) => T): T[] => entries.map(pick);
  return [
    fences,
    ...[column((e) => e.tenant), column((e) => e.roomId), column((e) => e.seq), column((e) => e.id)],
    ...[column((e) => e.at), column((e) => e.sender), column((e) => e.nick), column((e) => e.occupantId)],
    ...[column((e) => e.origin), column((e) => e.originRef), column((e) => e.stanza), column((e) => e.body)],
    column((e) => e.held ?? null),
  ];
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
  const args = appended([...fences.values()], entries);
  const check = (rows: readonly { readonly owned: string }[]) => {
    if (rows.length === tenants.length) return;
    const kept = new Set(rows.map(({ owned }) => owned));
    throw new FencedError(tenants.filter((tenant) => !kept.has(tenant)));
  };
  if (
    !entries.some(({ originRef, subject, erasure, command }) => originRef !== null || subject || erasure || command)
  ) {
    return check(await db.call(APPEND, tenants, ...args));
  }
  let atCommit = false;
  const work = db.withTenants(tenants, async (trx: Transaction<Tables>) => {
    const commanded = entries.flatMap(({ command, ...entry }) => (command ? [{ ...entry, command }] : []));
    const settled = commanded.length > 0 ? await settleLogged(trx, commanded) : new Set<string>();
    check(await callIn(trx)(APPEND, tenants, ...args));
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
