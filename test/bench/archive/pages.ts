/** Pages of an archive as a client asks for them, and how long each takes. */
import type { Connection } from "../rooms/connection.ts";

/** A page of 50: after an id, the last one, or the first. */
export interface PageAsked {
  readonly after?: string;
  readonly last?: boolean;
  /** Searched for (XEP-0431). */
  readonly text?: string | undefined;
}

export const PAGE = 50;
const WARM_UP = 3;
const SAMPLES = 200;
const MIN_SAMPLES = 10;
/** A slow one is asked less often. */
const ENOUGH_MS = 10_000;

/** Milliseconds of each answer. Rejects when an answer is an error or not a full page. */
export async function timePages(
  client: Connection,
  room: string,
  asked: PageAsked,
  signal: AbortSignal,
): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + ENOUGH_MS;
  for (let n = -WARM_UP; n < SAMPLES && (n < MIN_SAMPLES || performance.now() < until); n += 1) {
    signal.throwIfAborted();
    const started = performance.now();
    const answer = client.expect(/^.*?(<\/fin>|<error )/s, "a page");
    client.write(queryText(room, asked));
    const [text] = await answer;
    const took = performance.now() - started;
    const results = text.split("<result ").length - 1;
    if (results !== PAGE) throw new Error(`${room}: ${results} results instead of ${PAGE}: ${text.slice(-300)}`);
    if (n >= 0) times.push(took);
  }
  return times;
}

function queryText(room: string, { after, last, text }: PageAsked): string {
  const form = text
    ? `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field><field var='{urn:xmpp:fulltext:0}fulltext'><value>${text}</value></field></x>`
    : "";
  const where = after ? `<after>${after}</after>` : last ? "<before/>" : "";
  return `<iq type='set' id='q' to='${room}'><query xmlns='urn:xmpp:mam:2'>${form}<set xmlns='http://jabber.org/protocol/rsm'><max>${PAGE}</max>${where}</set></query></iq>`;
}
