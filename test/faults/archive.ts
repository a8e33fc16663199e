/** What is stored of a room: read by a client over XEP-0313 and by SQL. */
import { sql } from "kysely";
import type { XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, type Element, parseXml, x } from "../../components/stanza.ts";
import { archiveFin, archiveQuery, NS_MAM } from "../../components/xep/xep-0313-archive.ts";
import type { Database } from "../../platform/postgres.ts";

export interface Stored {
  /** The id that the archive gave. */
  readonly archiveId: string;
  /** The id that the sender gave. */
  readonly id: string;
}

const PAGE = 100;
const MAX_PAGES = 1_000;

/** Reads archives on one connection; make it before the first stanza comes. */
export function archiveReader(client: XmppClient): (room: string) => Promise<Stored[]> {
  let results: Element[] = [];
  client.onStanza((stanza) => {
    const result = stanza.getChild("result", NS_MAM);
    if (result) results.push(result);
  });
  return async (room) => {
    const all: Stored[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      results = [];
      const query = archiveQuery.write({ page: after === undefined ? { max: PAGE } : { max: PAGE, after } });
      const answer = await client.iq(x("iq", { type: "set", to: room }, query));
      const fin = answer.getChild("fin", NS_MAM);
      if (!fin) throw new Error(`the archive of ${room} answers ${answer.toString()}`);
      all.push(...results.map(storedOf));
      const { complete, page } = archiveFin.read(fin);
      if (complete) return all;
      after = page.last;
    }
    throw new Error(`the archive of ${room} did not end after ${MAX_PAGES} pages`);
  };
}

function storedOf(result: Element): Stored {
  const message = result.getChild("forwarded")?.getChild("message");
  return { archiveId: attr(result, "id") ?? "", id: (message && attr(message, "id")) ?? "" };
}

/** The rows of a room's log in their order, and the last number that the room remembers. */
export async function readRows(
  db: Database,
  tenant: string,
  room: string,
): Promise<{ readonly rows: readonly (Stored & { readonly seq: number })[]; readonly lastSeq: number }> {
  return db.withTenants([tenant], async (trx) => {
    const found = await sql<{ seq: number; id: string; stanza: string; last_seq: number }>`
      select l.seq, l.id, l.stanza, r.last_seq from room r
      join room_log l on l.tenant_id = r.tenant_id and l.room_id = r.id
      where r.tenant_id = ${tenant} and r.name = ${room}
      order by l.seq`.execute(trx);
    return {
      rows: found.rows.map((row) => ({ seq: row.seq, archiveId: row.id, id: attr(parseXml(row.stanza), "id") ?? "" })),
      lastSeq: found.rows[0]?.last_seq ?? 0,
    };
  });
}
