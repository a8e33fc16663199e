/**
 * The same messages in both archives: ours and that of Prosody's mod_muc_mam, in the same PostgreSQL. Written by the
 * database itself and indexed afterwards, which ends in the same tables, indexes and statistics in a tenth of the time.
 */
import pg from "pg";
import { ensureRoom } from "../../../messaging/index.ts";
import { newId } from "../../../platform/ids.ts";
import { openDatabase } from "../../../platform/postgres.ts";
import { silentLog } from "../../support/real.ts";
import type { BenchServer } from "../rooms/server.ts";
import { TEXTS, texts } from "./texts.ts";

/** Over so many days the messages are spread, as many on each. */
export const DAYS = 400;
/** Statements under way at once. */
const WORKERS = 2;

interface Filling {
  readonly server: BenchServer;
  readonly room: string;
  readonly rows: number;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The messages of a day, numbered from 1 on in the order of time, with UUIDv7 as ids. `$1`: days ago, `$2`: messages in all, `$3`: the room's address. */
const MESSAGES = `
  select n, id, at, 'bench-' || n % 50 as person, 'Bench ' || n % 50 as nick, text.body, text.i,
    '<message from="' || $3::text || '/Bench ' || n % 50 || '" id="m' || n || '" type="groupchat"><body>' || text.body
      || '</body><stanza-id xmlns="urn:xmpp:sid:0" by="' || $3::text || '" id="' || id || '"/></message>' as stanza
  from (
    select *, overlay(overlay(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') placing '-' from 9 for 0)
      placing '-7000-8000-' || lpad(to_hex(n), 12, '0') from 14 for 0) as id
    from (
    select n, (date_trunc('day', now() at time zone 'UTC') - make_interval(days => $1::integer)) at time zone 'UTC'
        + (n - first) * (interval '86399 seconds' / (last - first + 1)) as at
    from (
      select ($2::bigint * (${DAYS} - $1::bigint)) / ${DAYS} + 1 as first,
        ($2::bigint * (${DAYS} - $1::bigint + 1)) / ${DAYS} as last
    ) as numbers, generate_series(first, last) as n
    ) as timed
  ) as made join bench_text as text on text.i = abs(hashint8(n)::bigint) % ${TEXTS}
  order by n`;

/** Fills both; gives the seconds each took and the id in the middle. Rejects when the two do not hold as much. */
export async function fill(filling: Filling) {
  const { server, rows, report } = filling;
  const { adminUrl, url } = server.settings.database;
  const ours = new pg.Pool({ connectionString: adminUrl ?? url, max: WORKERS });
  const peer = new pg.Pool({ connectionString: server.archiveUrl, max: WORKERS });
  try {
    const seconds = { ours: await fillOurs(ours, filling), peer: await fillPeer(peer, filling) };
    report(`${rows} rows in our log after ${seconds.ours} s, in Prosody's archive after ${seconds.peer} s`);
    const { rows: found } = await peer.query<{ key: string }>(
      "select key from prosodyarchive order by sort_id offset $1 limit 1",
      [rows >> 1],
    );
    const middle = found[0]?.key;
    if (middle === undefined) throw new Error("the archive of the peer has no middle");
    return { seconds, middle };
  } finally {
    await Promise.all([ours.end(), peer.end()]);
  }
}

/** A room that nobody has in memory yet. */
async function fillOurs(pool: pg.Pool, { server, room, rows, signal }: Filling): Promise<number> {
  const { adminUrl, url } = server.settings.database;
  const { id: tenant, domain } = server.tenant;
  const db = openDatabase({ url: adminUrl ?? url, poolSize: 1 }, silentLog);
  const roomId = await ensureRoom(db, tenant, room, newId, new Date()).finally(() => db.close());
  const started = performance.now();
  await makeTexts(pool);
  await pool.query(`alter table bench_text add column words tsvector`);
  await pool.query(`update bench_text set words = to_tsvector('pg_catalog.german', body)
    || to_tsvector('pg_catalog.english', body) || to_tsvector('pg_catalog.simple', body)`);
  // Words are put together from those of the texts instead of being made anew for each row; compared below.
  await pool.query("alter table room_log alter column words drop expression");
  await pool.query("alter table room_log disable trigger user");
  await pool.query(`select room_log_day((now() at time zone 'UTC')::date - n) from generate_series(0, ${DAYS}) as n`);
  const indexes = await takeIndexes(pool, "room_log");
  await eachDay(signal, async (day) => {
    await pool.query(
      `insert into room_log (tenant_id, room_id, seq, id, at, sender, nick, occupant_id, stanza, body, words)
       select $4, $5::uuid, n, id::uuid, at, person || '@' || $6, nick, person, stanza, m.body,
         room_log_words($5::uuid, n, person || '@' || $6, nick, null) || text.words
       from (${MESSAGES}) as m join bench_text as text using (i)`,
      [day, rows, `${room}@rooms.${domain}`, tenant, roomId, domain],
    );
    const partition = `room_log_p${new Date(Date.now() - day * 86_400_000).toISOString().slice(0, 10).replaceAll("-", "")}`;
    for (const { columns } of indexes) await pool.query(`create index on ${partition} ${columns}`);
    await pool.query(`vacuum analyze ${partition}`);
  });
  for (const { definition } of indexes) await pool.query(definition);
  await pool.query("analyze room_log");
  await pool.query("update room set last_seq = $1 where tenant_id = $2 and id = $3", [rows, tenant, roomId]);
  await pool.query("alter table room_log enable trigger user");
  await pool.query(
    `insert into room_log_stretch (tenant_id, room_id, first_seq, day)
     select tenant_id, room_id, min(seq), (at at time zone 'UTC')::date as day from room_log group by 1, 2, day`,
  );
  const { rows: wrong } = await pool.query(
    `select seq from room_log where tenant_id = $1 and room_id = $2 and seq <= 500
       and words <> room_log_words(room_id, seq, sender, nick, body)`,
    [tenant, roomId],
  );
  if (wrong.length > 0) throw new Error("the words of the messages are not those that the log gives them");
  await requireRows(pool, "room_log", rows);
  return secondsSince(started);
}

/** The peer has made its table by itself, and holds a first message, which goes. */
async function fillPeer(pool: pg.Pool, { server, room, rows, signal }: Filling): Promise<number> {
  const host = `muc-archived.${server.tenant.domain}`;
  const started = performance.now();
  await makeTexts(pool);
  await pool.query("delete from prosodyarchive");
  const indexes = await takeIndexes(pool, "prosodyarchive");
  // One after the other: the peer sorts by the order in which rows came in.
  for (let day = DAYS; day >= 1; day -= 1) {
    signal.throwIfAborted();
    await pool.query(
      `insert into prosodyarchive (host, "user", store, key, "when", "with", type, value)
       select $4, $5, 'muc_log', id, extract(epoch from at)::bigint, 'message<groupchat', 'xml', stanza
       from (${MESSAGES}) as m`,
      [day, rows, `${room}@${host}`, host, room],
    );
  }
  for (const { definition } of indexes) await pool.query(definition);
  await pool.query("vacuum analyze prosodyarchive");
  await requireRows(pool, "prosodyarchive", rows);
  return secondsSince(started);
}

async function makeTexts(pool: pg.Pool): Promise<void> {
  await pool.query("create table bench_text (i integer primary key, body text not null)");
  await pool.query(
    "insert into bench_text select ordinality - 1, body from unnest($1::text[]) with ordinality as t (body, ordinality)",
    [texts()],
  );
}

/** Takes the indexes off a table, but for the primary key; gives how to make them again. */
async function takeIndexes(pool: pg.Pool, table: string) {
  const { rows } = await pool.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
     from pg_index where indrelid = $1::regclass and not indisprimary`,
    [table],
  );
  for (const { name } of rows) await pool.query(`drop index ${name}`);
  return rows.map(({ definition }) => ({ definition, columns: definition.slice(definition.indexOf(" USING ")) }));
}

async function eachDay(signal: AbortSignal, work: (day: number) => Promise<void>): Promise<void> {
  let next = DAYS;
  const run = async () => {
    while (next >= 1) {
      signal.throwIfAborted();
      const day = next;
      next -= 1;
      await work(day);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, run));
}

async function requireRows(pool: pg.Pool, table: string, wanted: number): Promise<void> {
  const { rows } = await pool.query<{ count: string | number }>(`select count(*) as count from ${table}`);
  if (Number(rows[0]?.count) !== wanted) throw new Error(`${rows[0]?.count} rows in ${table} instead of ${wanted}`);
}

const secondsSince = (started: number) => Math.round((performance.now() - started) / 1_000);
