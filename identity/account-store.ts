import type { Transaction } from "kysely";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { seal } from "../platform/seal.ts";
import { audit, localActor } from "./audit.ts";
import type { AccountTaskKind, PersonTables } from "./person-tables.ts";
import { beginTies } from "./person-ties.ts";

/** Tasks for the XMPP server: added in the transaction of a person's change, gone when carried out. */

export interface AccountTask {
  readonly id: string;
  readonly person: string;
  readonly localpart: string;
  readonly kind: AccountTaskKind;
  readonly sealedPassword: string | null;
  readonly attempts: number;
}

/** Adds a task in the transaction of the change it belongs to, and marks the account as pending. */
export async function addAccountTask(
  trx: Transaction<PersonTables>,
  task: {
    readonly tenant: string;
    readonly person: string;
    readonly localpart: string;
    readonly kind: AccountTaskKind;
    readonly password?: string;
  },
  { secret, newId, now }: { readonly secret: string; readonly newId: NewId; readonly now: Date },
): Promise<void> {
  const { tenant, person, localpart, kind, password } = task;
  const id = newId();
  const at = { tenant_id: tenant, id, person_id: person, localpart, kind, created_at: now };
  const sealed_password =
    password === undefined ? null : seal({ master: secret, purpose: "account-task" }, `${tenant}/${id}`, password);
  await trx
    .insertInto("account_task")
    .values({ ...at, sealed_password, problem: null })
    .execute();
  await trx
    .updateTable("person")
    .set({ account: "pending" })
    .where("tenant_id", "=", tenant)
    .where("id", "=", person)
    .execute();
}

/** The oldest task of each account, without those in `later`: further ones of the same account wait for it. */
export async function dueAccountTasks(
  db: Database,
  tenant: string,
  limit: number,
  later: readonly string[],
): Promise<AccountTask[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<PersonTables>) =>
    trx
      .selectFrom((from) =>
        from
          .selectFrom("account_task")
          .select(["id", "person_id", "localpart", "kind", "sealed_password", "attempts"])
          .distinctOn("localpart")
          .where("tenant_id", "=", tenant)
          // Ids are UUIDv7: they sort as they were made.
          .orderBy("localpart")
          .orderBy("id")
          .as("oldest"),
      )
      .selectAll()
      .$if(later.length > 0, (query) => query.where("id", "not in", later))
      .orderBy("id")
      .limit(limit)
      .execute(),
  );
  return rows.map(({ person_id, sealed_password, ...task }) => ({
    ...task,
    person: person_id,
    sealedPassword: sealed_password,
  }));
}

/** That the messages of an account are about to go with it, and how many; nothing where there are none. */
export async function beginErasure(
  db: Database,
  tenant: string,
  task: AccountTask,
  messages: number,
  now: Date,
  newId: NewId,
): Promise<void> {
  if (messages === 0) return;
  await db.withTenants([tenant], async (trx: Transaction<PersonTables>) => {
    const change = { tenant, action: "archive:erase", object: `person/${task.person}`, before: { messages } };
    await audit(trx, localActor("job:accounts"), change, now, newId);
  });
}

/**
 * A task is carried out: it goes, and with an account's last one the account is present; or it is gone, and the person
 * with the last tie to it. `also` is what the log says besides of how things are now.
 */
export async function finishAccountTask(
  db: Database,
  tenant: string,
  task: AccountTask,
  now: Date,
  newId: NewId,
  also: Readonly<Record<string, number>> = {},
): Promise<void> {
  await db.withTenants([tenant], async (trx: Transaction<PersonTables>) => {
    // Another process may have carried it out as well.
    const gone = await trx
      .deleteFrom("account_task")
      .where("tenant_id", "=", tenant)
      .where("id", "=", task.id)
      .executeTakeFirst();
    if (gone.numDeletedRows === 0n) return;
    const left = await trx
      .selectFrom("account_task")
      .select("id")
      .where("tenant_id", "=", tenant)
      .where("person_id", "=", task.person)
      .limit(1)
      .executeTakeFirst();
    if (task.kind === "delete") {
      if (await setAccount(trx, tenant, task.person, "none")) await beginTies(trx, { tenant, ...task }, { now, newId });
    } else if (!left) {
      await setAccount(trx, tenant, task.person, "present");
    }
    const change = {
      tenant,
      action: `account:${task.kind}`,
      object: `person/${task.person}`,
      after: { account: task.kind === "delete" ? "none" : left ? "pending" : "present", ...also },
    };
    await audit(trx, localActor("job:accounts"), change, now, newId);
  });
}

/** A task could not be carried out: its problem is kept. `refused`: by the server's word, so that the account failed. */
export async function failAccountTask(
  db: Database,
  tenant: string,
  task: AccountTask,
  problem: string,
  refused: boolean,
  now: Date,
  newId: NewId,
): Promise<void> {
  await db.withTenants([tenant], async (trx: Transaction<PersonTables>) => {
    await trx
      .updateTable("account_task")
      .set((eb) => ({ attempts: eb("attempts", "+", 1), problem: problem.slice(0, 500) }))
      .where("tenant_id", "=", tenant)
      .where("id", "=", task.id)
      .execute();
    if (!refused || !(await setAccount(trx, tenant, task.person, "failed"))) return;
    const change = {
      tenant,
      action: `account:${task.kind}`,
      object: `person/${task.person}`,
      after: { account: "failed", problem: problem.slice(0, 500) },
    };
    await audit(trx, localActor("job:accounts"), change, now, newId);
  });
}

/** Whether that is new. */
async function setAccount(
  trx: Transaction<PersonTables>,
  tenant: string,
  person: string,
  account: "present" | "failed" | "none",
): Promise<boolean> {
  const changed = await trx
    .updateTable("person")
    .set({ account })
    .where("tenant_id", "=", tenant)
    .where("id", "=", person)
    .where("account", "<>", account)
    .executeTakeFirst();
  return changed.numUpdatedRows > 0n;
}
