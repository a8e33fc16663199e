/** The archive on the running service: together with live messages it gives everything once. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { sql } from "kysely";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, type Element, x } from "../components/stanza.ts";
import { NS_MUC } from "../components/xep/xep-0045-muc.ts";
import { archiveFin, archiveQuery, NS_MAM } from "../components/xep/xep-0313-archive.ts";
import { NS_STANZA_ID } from "../components/xep/xep-0359-stanza-ids.ts";
import { newId } from "../platform/ids.ts";
import { eventually, openTestDatabase, realStack, signInAs } from "../test/support/real.ts";
import { type ScratchDatabase, scratchDatabase } from "../test/support/scratch-database.ts";
import { readArchive } from "./archive-log.ts";
import type { ArchivePage } from "./archive-page.ts";
import { ensureRoom } from "./store.ts";

/** Said before anybody reads: some pages of them. */
const BEFORE = 120;

let scratch: ScratchDatabase;
let speaker: XmppClient;
let reader: XmppClient;
beforeAll(async () => {
  scratch = await scratchDatabase();
  const { demo } = realStack();
  speaker = await signInAs(demo, 0, 0);
  reader = await signInAs(demo, 0, 1);
}, 60_000);
afterAll(async () => {
  await Promise.all([speaker.stop(), reader.stop(), scratch.drop()]);
});

const bodyOf = (message: Element | undefined) => message?.getChildText("body") ?? undefined;
const enter = async (client: XmppClient, room: string, nick: string) => {
  const history = x("history", { maxstanzas: "0" });
  await client.send(x("presence", { to: `${room}/${nick}` }, x("x", { xmlns: NS_MUC }, history)));
  await client.next((each) => each.is("message") && each.getChild("subject") !== undefined, "the subject");
};

test("who enters while others speak, and then reads, has every message once", async () => {
  const room = `archive-${randomUUID().slice(0, 8)}@${realStack().demo.tenants[0]?.rooms}`;
  await enter(speaker, room, "Speaker");
  let said = 0;
  let enough = false;
  const speaking = (async () => {
    for (; !enough; said += 1) {
      await speaker.send(x("message", { to: room, type: "groupchat", id: `m${said}` }, x("body", {}, `${said}`)));
      await speaker.next((each) => bodyOf(each) === `${said}`, `message ${said}`);
    }
  })();
  const untilSaid = (count: number) => eventually(async () => said >= count || undefined, `${count} messages`, 30_000);
  await untilSaid(BEFORE);
  const live: { id: string; body: string }[] = [];
  const read = new Map<string, string>();
  reader.onStanza((stanza) => {
    const result = stanza.getChild("result", NS_MAM);
    if (result) {
      const message = result.getChild("forwarded")?.getChild("message");
      read.set(attr(result, "id") ?? "", bodyOf(message) ?? "");
      return;
    }
    const body = bodyOf(stanza);
    if (body) live.push({ id: attr(stanza.getChild("stanza-id", NS_STANZA_ID) ?? stanza, "id") ?? "", body });
  });
  await enter(reader, room, "Reader");
  // Live messages come before, between and after the pages.
  let after: string | undefined;
  for (let complete = false; !complete; ) {
    const page = after === undefined ? { max: 25 } : { max: 25, after };
    const answer = await reader.iq(x("iq", { type: "set", to: room }, archiveQuery.write({ page })));
    const fin = archiveFin.read(answer.getChild("fin", NS_MAM) ?? answer);
    after = fin.page.last ?? after;
    complete = fin.complete;
    // Any id that came live is in the archive already.
    const newest = live.at(-1)?.id;
    if (newest === undefined) continue;
    const query = archiveQuery.write({ afterId: newest, page: { max: 0 } });
    expect(attr(await reader.iq(x("iq", { type: "set", to: room }, query)), "type")).toBe("result");
  }
  await untilSaid(said + 5);
  enough = true;
  await speaking;
  await eventually(async () => live.at(-1)?.body === `${said - 1}` || undefined, "the last message, live");
  const everything = [...new Set([...read.values(), ...live.map(({ body }) => body)])].map(Number);
  expect(everything.sort((a, b) => a - b)).toEqual(Array.from({ length: said }, (_, n) => n));
  // Each of both in order and without a gap: what is missing in one is in the other, at one end.
  const ofPages = [...read.values()].map(Number);
  expect(ofPages).toEqual(Array.from({ length: ofPages.length }, (_, n) => n));
  const ofLive = live.map(({ body }) => Number(body));
  expect(ofLive).toEqual(Array.from({ length: ofLive.length }, (_, n) => said - ofLive.length + n));
}, 120_000);

test("a search finds forms of words in both languages wherever they stand, and nothing expired or of another room", async () => {
  const { owner, db } = scratch;
  const now = new Date();
  const tenant = "search";
  await sql`insert into tenant (id, domain, name, contact, deputy, created_at)
    values (${tenant}, 'search.example', 's', 'c', 'd', ${now})`.execute(owner.common());
  const rooms = [
    await ensureRoom(owner, tenant, "one", newId, now),
    await ensureRoom(owner, tenant, "two", newId, now),
  ];
  await sql`select room_log_day(current_date - n) from generate_series(-1, 30) as n`.execute(owner.common());
  // Longer than the stretches that a search looks at; every 9,000th entry has the words, the oldest 5,000 are expired.
  for (const room of rooms) {
    await sql`insert into room_log (tenant_id, room_id, seq, id, at, sender, nick, occupant_id, stanza, body)
      select ${tenant}, ${room}::uuid, n, gen_random_uuid(),
        ${now}::timestamptz - case when n <= 5000 then interval '20 days' else interval '5 days' - n * interval '1 second' end,
        case when n % 9000 = 7 then 'ada@search.example' else 'bert@search.example' end,
        case when n % 9000 = 7 then 'Ada' else 'Bert' end, 'o', '<message/>',
        case when n % 9000 in (0, 4000) then 'Die Sitzungen und meetings Nr. ' || n else 'Gruß' end
      from generate_series(1, 100000) as n`.execute(owner.common());
  }
  const whole = { start: undefined, end: undefined, afterId: undefined, beforeId: undefined, ids: undefined };
  const page: ArchivePage = {
    ...whole,
    ...{ upTo: 100_000, sender: undefined, nick: undefined, texts: [], pageAfter: undefined, pageBefore: undefined },
    ...{ last: false, limit: 50 },
  };
  const find = async (part: Partial<ArchivePage>) => {
    const { entries } = await readArchive(db, tenant, rooms[0] ?? "", { ...page, ...part }, now);
    return entries.map(({ seq }) => seq);
  };
  const hits = Array.from({ length: 100_000 }, (_, n) => n + 1).filter(
    (n) => n > 5_000 && [0, 4_000].includes(n % 9_000),
  );
  expect(await find({ texts: ["Sitzung meeting"] })).toEqual(hits);
  expect(await find({ texts: ["Sitzung", "meeting"], last: true, limit: 5 })).toEqual(hits.slice(-5));
  expect(await find({ texts: ["sitzungen"], limit: 3 })).toEqual(hits.slice(0, 3));
  expect(await find({ texts: ["Sitzung Gruß"] })).toEqual([]);
  expect(await find({ texts: ["... !"] })).toEqual([]);
  // Nobody gets at the words that stand for places and people.
  expect(await find({ texts: ["'#'", "@ada"] })).toEqual([]);
  const byAda = Array.from({ length: 12 }, (_, n) => n * 9_000 + 7).filter((n) => n > 5_000);
  expect(await find({ sender: "ada@search.example" })).toEqual(byAda);
  expect(await find({ nick: "Ada", last: true, limit: 2 })).toEqual(byAda.slice(-2));
  expect(await find({ upTo: 50_000, last: true, limit: 1 })).toEqual([50_000]);
  // Over a gap of what is gone, from both ends; ids of no time of their own name places as any others.
  await sql`delete from room_log where room_id = ${rooms[0]}::uuid and seq between 20001 and 60000`.execute(
    owner.common(),
  );
  const over = [19_998, 19_999, 20_000, 60_001, 60_002];
  expect(await find({ downTo: 19_998, limit: 5 })).toEqual(over);
  expect(await find({ upTo: 60_002, limit: 5, last: true })).toEqual(over);
  const { rows: ends } = await sql<{ id: string }>`
    select id from room_log where room_id = ${rooms[0]}::uuid and seq in (19997, 60003) order by seq`.execute(
    owner.common(),
  );
  const [before, behind] = ends.map(({ id }) => id);
  expect(await find({ afterId: before, beforeId: behind })).toEqual(over);
  expect(await find({ pageAfter: before?.toUpperCase(), pageBefore: behind })).toEqual(over);
  await expect(find({ afterId: before, pageAfter: newId() })).rejects.toMatchObject({ code: "not-found" });
  // What is expired is neither given nor counted.
  const all = await readArchive(db, tenant, rooms[0] ?? "", { ...page, limit: 1 }, now);
  expect(all).toMatchObject({ entries: [{ seq: 5_001 }], total: { count: 95_000, index: 0 } });
}, 120_000);

test("what is taken out of a message is found no more", async () => {
  const { owner } = scratch;
  const { rows } = await sql<{ found: boolean }>`with changed as (
      update room_log set body = null where tenant_id = 'search' and seq = 9000 returning words
    ) select words @@ room_log_query('Sitzung') as found from changed`.execute(owner.common());
  expect(rows).toEqual([{ found: false }, { found: false }]);
}, 30_000);

test("the search gives nothing of a tenant that the transaction is not for", async () => {
  const searched = scratch.db.withTenants(["search"], (trx) =>
    sql`select * from room_log_search('other', ${newId()}::uuid, room_log_query('x'), null, null, 1, 9, now(), now(), false, 5)`.execute(
      trx,
    ),
  );
  await expect(searched).rejects.toThrow(/not for tenant/);
});

test("a query that takes too long is refused as such", async () => {
  const database = openTestDatabase();
  const slow = {
    ...database,
    call: () =>
      database.withTenants([], async (trx) => {
        await sql`set local statement_timeout = 20`.execute(trx);
        await sql`select pg_sleep(5)`.execute(trx);
        throw new Error("it was not ended");
      }),
  };
  const { archiveEnds } = await import("./archive-log.ts");
  await expect(archiveEnds(slow, "any", newId(), 1, new Date())).rejects.toMatchObject({ code: "policy-violation" });
  await database.close();
}, 30_000);
