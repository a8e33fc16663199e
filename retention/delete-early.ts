import type { Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { kindOf } from "./catalogue.ts";
import { emptySegment, hashRows, instant, span } from "./core-evidence.ts";
import { appendEvidence } from "./store-evidence.ts";
import { deleteRows } from "./store-rows.ts";
import type { Tables } from "./tables.ts";

const BATCH = 1_000;
const BEGINNING = new Date(0);

/**
 * Deletes rows of a tenant that began before an instant, although their period is not over: what its own rules do not let
 * be kept. In batches, each on record in its own transaction as a run's are, so that what is gone can be proven. Gives how
 * many. Throws `internal` for a kind that is no table, 55P03 of PostgreSQL when another transaction holds the rows.
 */
export async function deleteEarly(
  { db, newId }: { readonly db: Database; readonly newId: NewId },
  name: string,
  { tenant, before, now }: { readonly tenant: string; readonly before: Date; readonly now: Date },
): Promise<number> {
  const kind = kindOf(name);
  if (kind?.place !== "table") throw new KontorError("internal", `${name} is in no table`);
  const { table } = kind;
  const runId = newId();
  const range = { segment: table.name, from: BEGINNING, to: before };
  let count = 0;
  let after: readonly string[] | undefined;
  for (;;) {
    const gone = await db.withTenants([tenant], async (trx: Transaction<Tables>) => {
      const rows = await deleteRows(trx, table, tenant, range, after, BATCH);
      if (rows.length === 0) return rows;
      const hashed = rows.map((row) => row.hashed);
      await appendEvidence(trx, {
        ...{ tenant, class: kind.class, kind: name, cutoff: instant(before), segment: table.name },
        ...span(rows.map(({ start }) => start)),
        ...{ rowCount: rows.length, segmentHash: hashRows(emptySegment, hashed), runId },
        ...{ result: "deleted", at: instant(now) },
      });
      return rows;
    });
    count += gone.length;
    if (gone.length < BATCH) return count;
    after = gone.at(-1)?.key;
  }
}
