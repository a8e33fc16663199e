/** Readers of a log over many days, against what it holds. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { sql } from "kysely";
import { addTenant } from "../identity/index.ts";
import { newId } from "../platform/ids.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { tidyDay } from "./commit.ts";
import { type LogPage, readEntry, readLogPage } from "./log-reads.ts";
import { ensureRoom } from "./store.ts";

const tenant = "amt";
const DAY = 86_400_000;
const NOW = new Date("2026-03-10T12:00:00Z");
/** Days of the log, as often as something was said in them: quiet ones, full ones, one that is not there any more. */
const SAID = [40, 0, 300, 1, 0, 0, 25, 60];
const KEPT_DAYS = 7;

let scratch: ScratchDatabase;
let roomId: string;
const log: { seq: number; id: string; at: Date }[] = [];

beforeAll(async () => {
  scratch = await scratchDatabase();
  const names = { name: "Amt", contact: "A", deputy: "B", partners: [] };
  await addTenant(scratch.owner, { id: tenant, domain: "amt.example", ...names }, NOW);
  roomId = await ensureRoom(scratch.db, tenant, "halle", newId, NOW);
  await sql`update retention_rule set amount = ${KEPT_DAYS}, unit = 'day' where tenant_id is null and kind = 'message-archive'`.execute(
    scratch.owner.common(),
  );
  for (const [index, count] of SAID.entries()) {
    const day = new Date(Date.UTC(2026, 2, 10 - (SAID.length - 1 - index)));
    for (let n = 0; n < count; n += 1) {
      // Some ids are from elsewhere and tell no time.
      const id = n % 9 === 0 ? "00000000-0000-4000-8000-000000000000" : "00000000-0000-7000-8000-000000000000";
      const at = new Date(day.getTime() + Math.floor((n * (DAY / 2)) / count));
      const time = at.getTime().toString(16).padStart(12, "0");
      const number = (log.length + 1).toString(16).padStart(12, "0");
      const own =
        id[14] === "7" ? `${time.slice(0, 8)}-${time.slice(8)}${id.slice(13, 24)}${number}` : id.slice(0, 24) + number;
      log.push({ seq: log.length + 1, id: own, at });
    }
    await sql`select room_log_day(${day.toISOString().slice(0, 10)}::date)`.execute(scratch.db.common());
  }
  await scratch.db.withTenants([tenant], (trx) =>
    sql`insert into room_log (tenant_id, room_id, seq, id, at, sender, nick, occupant_id, stanza, body)
      select ${tenant}, ${roomId}, seq, id, at, 'a@amt.example', 'A', 'o', '<message/>', 'b'
      from unnest(${log.map(({ seq }) => seq)}::bigint[], ${log.map(({ id }) => id)}::uuid[],
        ${log.map(({ at }) => at)}::timestamptz[]) as l (seq, id, at)`.execute(trx),
  );
  await sql`update room set last_seq = ${log.length} where id = ${roomId}`.execute(scratch.owner.common());
  // The partition of a day went with retention.
  await sql`drop table room_log_p20260305`.execute(scratch.owner.common());
}, 60_000);
afterAll(() => scratch.drop());

const cutoff = NOW.getTime() - KEPT_DAYS * DAY;
const isThere = ({ at }: { at: Date }) => at.getTime() >= cutoff && !at.toISOString().startsWith("2026-03-05");

test("a page is what the log holds between its bounds, from either end, and nothing that is due", async () => {
  const number = fc.integer({ min: 0, max: log.length + 5 });
  const pages = fc.record({
    after: fc.option(number, { nil: undefined }),
    upTo: fc.option(number, { nil: undefined }),
    start: fc.option(fc.date({ min: new Date(cutoff - DAY), max: NOW, noInvalidDate: true }), { nil: undefined }),
    last: fc.boolean(),
    limit: fc.integer({ min: 1, max: 500 }),
  });
  await fc.assert(
    fc.asyncProperty(pages, async (page: LogPage) => {
      const fits = log.filter(
        (entry) =>
          isThere(entry) &&
          entry.seq > (page.after ?? 0) &&
          entry.seq <= (page.upTo ?? log.length) &&
          (!page.start || entry.at >= page.start),
      );
      const expected = page.last ? fits.slice(-page.limit) : fits.slice(0, page.limit);
      const read = await readLogPage(scratch.db, tenant, roomId, page, NOW);
      expect(read.map(({ seq }) => seq)).toEqual(expected.map(({ seq }) => seq));
    }),
    { numRuns: 150 },
  );
}, 60_000);

test("an entry is found by its id, whether or not that tells its time, until it is due", async () => {
  for (const entry of log.filter(({ seq }) => seq % 7 === 0)) {
    const found = await readEntry(scratch.db, tenant, roomId, entry.id, NOW);
    expect(found?.seq).toBe(isThere(entry) ? entry.seq : undefined);
  }
  expect(await readEntry(scratch.db, tenant, roomId, newId(), NOW)).toBeUndefined();
}, 60_000);

test("the words of a day are in their index once they were sorted in, and those of others wait", async () => {
  const waiting = async (day: string) => {
    const { rows } = await sql<{ pages: number }>`select gin_clean_pending_list(
      (select indexrelid from pg_index where indrelid = ${`room_log_p${day}`}::regclass
        and indexrelid in (select inhrelid from pg_inherits where inhparent = 'room_log_words'::regclass))::regclass) as pages`.execute(
      scratch.owner.common(),
    );
    return rows[0]?.pages;
  };
  await tidyDay(scratch.db, new Date("2026-03-10T23:59:00Z"));
  // A day that has no log has nothing to sort in.
  await tidyDay(scratch.db, new Date("2031-01-01T00:00:00Z"));
  expect(await waiting("20260310")).toBe(0);
  expect(await waiting("20260309")).toBeGreaterThan(0);
  expect(await waiting("20260309")).toBe(0);
});
