/** Erases a person's own archive when the account goes; what others have of the talk is theirs and stays. */
import { sql, type Transaction } from "kysely";
import { z } from "zod";
import type { Database } from "../../platform/postgres.ts";

interface Account {
  readonly host: string;
  readonly user: string;
}

const BATCH = 1_000;
const counted = z.tuple([z.object({ messages: z.number() })]);

export function personalErasure(archive: Database) {
  const own = ({ host, user }: Account) => sql`host = ${host} and "user" = ${user} and store = 'archive'`;
  const within = (account: Account, statement: ReturnType<typeof sql>) =>
    archive.withTenants([account.host], (trx: Transaction<unknown>) => statement.execute(trx));
  return {
    /** How many messages there are. */
    count: async (account: Account): Promise<number> => {
      const { rows } = await within(
        account,
        sql`select count(*)::int as messages from prosodyarchive where ${own(account)}`,
      );
      return counted.parse(rows)[0].messages;
    },
    /** Deletes all, in batches; resolves when none is left. To do it again is safe. */
    erase: async (account: Account): Promise<void> => {
      for (;;) {
        const { numAffectedRows } = await within(
          account,
          sql`delete from prosodyarchive where sort_id in (
            select sort_id from prosodyarchive where ${own(account)} limit ${BATCH})`,
        );
        if (!numAffectedRows) return;
      }
    },
  };
}
