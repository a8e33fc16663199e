/** Commands on their way to the owner of a tenant's rooms, and their answers on the way back. */
import { sql, type Transaction } from "kysely";
import type { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { type CommandPayload, errorOf, problemOf, sentCommand } from "./core-commands.ts";
import type { Tables } from "./tables.ts";

/** Answers that nobody fetched, and commands whose sender is gone, are removed after this time. */
const KEPT_MS = 60_000;
const PAGE = 50;

/** Who sent the command has given it up before it was done: nothing is to be changed. */
export class WithdrawnError extends Error {
  /** Archive ids of the entries that were to carry out such commands. */
  readonly entries: readonly string[];

  constructor(entries: readonly string[] = []) {
    super("The command was withdrawn");
    this.name = "WithdrawnError";
    this.entries = entries;
  }
}

const mine = (trx: Transaction<Tables>, tenant: string, id: string) =>
  trx.updateTable("room_command").where("tenant_id", "=", tenant).where("id", "=", id).where("done_at", "is", null);

/** Leaves a command for the owner. */
export function putCommand(
  db: Database,
  tenant: string,
  sent: { readonly id: string; readonly payload: CommandPayload; readonly at: Date },
): Promise<void> {
  const { id, payload, at } = sent;
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const row = { tenant_id: tenant, id, payload: JSON.stringify(payload), at, done_at: null, problem: null };
    await trx.insertInto("room_command").values(row).execute();
  });
}

/** What waits, in the order it was asked for; what is too old is removed. */
export function waitingCommands(
  db: Database,
  tenant: string,
  now: Date,
): Promise<{ id: string; payload: CommandPayload }[]> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    await trx
      .deleteFrom("room_command")
      .where("tenant_id", "=", tenant)
      .where("at", "<", new Date(now.getTime() - KEPT_MS))
      .execute();
    const rows = await trx
      .selectFrom("room_command")
      .select(["id", "payload"])
      .where("tenant_id", "=", tenant)
      .where("done_at", "is", null)
      .orderBy("id")
      .limit(PAGE)
      .execute();
    return rows.map(({ id, payload }) => ({ id, payload: sentCommand.parse(payload) }));
  });
}

/** Marks a command as done, in the transaction of what it changes. Throws WithdrawnError. */
export async function settleCommand(trx: Transaction<Tables>, tenant: string, id: string, now: Date): Promise<void> {
  const settled = await mine(trx, tenant, id).set({ done_at: now }).returning("id").executeTakeFirst();
  if (!settled) throw new WithdrawnError();
}

/** An entry of the log that carries out a command. */
interface CommandEntry {
  readonly tenant: string;
  readonly roomId: string;
  readonly seq: number;
  readonly id: string;
  readonly at: Date;
  readonly command: { readonly id: string };
}

/**
 * Marks the commands of these entries as done, in the transaction that logs them, and gives the ids of the entries whose
 * command was not done before. Throws WithdrawnError for those that nobody waits for any more; what is in the log
 * already, because its batch is written again after a broken connection, is none of them.
 */
export async function settleLogged(trx: Transaction<Tables>, entries: readonly CommandEntry[]): Promise<Set<string>> {
  const column = <T>(pick: (entry: CommandEntry) => T): T[] => entries.map(pick);
  // The row is locked by whoever comes first, its sender who gives up or this: the other one sees what it did.
  const { rows } = await sql<{ id: string; settled: boolean; logged: boolean }>`
    with asked as (
      select * from unnest(${column((e) => e.tenant)}::text[], ${column((e) => e.command.id)}::uuid[],
        ${column((e) => e.roomId)}::uuid[], ${column((e) => e.seq)}::bigint[], ${column((e) => e.id)}::uuid[],
        ${column((e) => e.at)}::timestamptz[]) as entry (tenant_id, command, room_id, seq, id, at)
    ), settled as (
      update room_command set done_at = asked.at, result = asked.id from asked
      where room_command.tenant_id = asked.tenant_id and room_command.id = asked.command
        and room_command.done_at is null
      returning asked.id
    )
    select asked.id, asked.id in (select id from settled) as settled, exists (
      select from room_log l where l.tenant_id = asked.tenant_id and l.room_id = asked.room_id and l.seq = asked.seq
        and l.at = asked.at and l.id = asked.id) as logged
    from asked`.execute(trx);
  const withdrawn = rows.filter(({ settled, logged }) => !settled && !logged);
  if (withdrawn.length > 0) throw new WithdrawnError(withdrawn.map(({ id }) => id));
  return new Set(rows.flatMap(({ id, settled }) => (settled ? [id] : [])));
}

/** Answers a command that changed nothing. */
export function answerCommand(
  db: Database,
  tenant: string,
  id: string,
  now: Date,
  answer: { readonly error?: KontorError | undefined; readonly result?: string | undefined },
): Promise<void> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const problem = answer.error ? JSON.stringify(problemOf(answer.error)) : null;
    await mine(trx, tenant, id)
      .set({ done_at: now, problem, result: answer.result ?? null })
      .execute();
  });
}

/** What came of a command that was done: the archive id of what was said. */
export interface Answer {
  readonly result: string | null;
}

/**
 * Takes the answer to a command, or with `giveUp` the command itself when it was not done yet: from then on it is not.
 * Throws the error that it met.
 */
export async function takeAnswer(
  db: Database,
  tenant: string,
  id: string,
  giveUp: boolean,
): Promise<Answer | undefined> {
  const row = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .deleteFrom("room_command")
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .$if(!giveUp, (query) => query.where("done_at", "is not", null))
      .returning(["done_at", "problem", "result"])
      .executeTakeFirst(),
  );
  if (!row?.done_at) return undefined;
  if (row.problem !== null) throw errorOf(row.problem);
  return { result: row.result };
}
