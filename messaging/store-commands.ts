/** Commands on their way to the owner of a tenant's rooms, and their answers on the way back. */
import type { Transaction } from "kysely";
import type { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { type CommandPayload, errorOf, problemOf, sentCommand } from "./core-commands.ts";
import type { Tables } from "./tables.ts";

/** Answers that nobody fetched, and commands whose sender is gone, are removed after this time. */
const KEPT_MS = 60_000;
const PAGE = 50;

/** Who sent the command has given it up before it was done: nothing is to be changed. */
export class WithdrawnError extends Error {}

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

/** Answers a command that changed nothing, or whose change is in the log. */
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
