/** Queries to the archive that are built to be slow or wrong: each is answered, and others' queries beside them work. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../components/stanza.ts";
import { mucJoin } from "../components/xep/xep-0045-muc.ts";
import { NS_RSM } from "../components/xep/xep-0059-result-set.ts";
import { archiveFin, NS_FULL_TEXT, NS_MAM } from "../components/xep/xep-0313-archive.ts";
import { type OwnTenant, ownTenant } from "../test/support/own-tenant.ts";

/** More than a page may have. */
const MESSAGES = 280;
const MAX_PAGE = 250;
const UNKNOWN = "00000000-0000-4000-8000-000000000000";

let tenant: OwnTenant;
let room: string;
let ada: XmppClient;
let ben: XmppClient;
const ids: string[] = [];

beforeAll(async () => {
  tenant = await ownTenant("abuse");
  room = `voll@rooms.${tenant.domain}`;
  [ada, ben] = [await tenant.person("ada"), await tenant.person("ben")];
  await ada.send(x("presence", { to: `${room}/Ada` }, mucJoin.write({})));
  await ada.next((stanza) => stanza.getChild("subject") !== undefined, "the subject");
  for (let number = 0; number < MESSAGES; number += 1) {
    const text = `Das ist die Nachricht ${number} und der Rest ist wie in der anderen`;
    await ada.send(x("message", { to: room, type: "groupchat", id: `m${number}` }, x("body", {}, text)));
  }
  for (let number = 0; number < MESSAGES; number += 1) {
    const back = await ada.next((stanza) => attr(stanza, "id") === `m${number}`, `message ${number}`);
    ids.push(back.getChild("stanza-id")?.attrs.id);
  }
}, 60_000);
afterAll(() => tenant?.close(), 30_000);

type Fields = Readonly<Record<string, readonly string[]>>;

/** A query as any client can write it. */
function query(fields: Fields, rsm: Readonly<Record<string, string>> = {}): Element {
  const given = Object.entries({ FORM_TYPE: [NS_MAM], ...fields }).map(([name, values]) =>
    x("field", { var: name }, ...values.map((value) => x("value", {}, value))),
  );
  const set = Object.entries(rsm).map(([name, value]) => x(name, {}, value));
  return x(
    "query",
    { xmlns: NS_MAM },
    x("x", { xmlns: "jabber:x:data", type: "submit" }, ...given),
    x("set", { xmlns: NS_RSM }, ...set),
  );
}

const ask = (client: XmppClient, payload: Element) => client.iq(x("iq", { type: "set", to: room }, payload), 20_000);

/** `result` with the number of messages that came, or the condition. */
async function outcome(client: XmppClient, payload: Element): Promise<string> {
  const before = client.pending().length;
  const answer = await ask(client, payload);
  const error = answer.getChild("error");
  if (error) return childElements(error)[0]?.name ?? "";
  const came = client.pending().slice(before);
  return `${came.filter((stanza) => stanza.getChild("result", NS_MAM)).length} messages`;
}

const FULLTEXT = `{${NS_FULL_TEXT}}fulltext`;
const long = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length);

const cases: readonly (readonly [string, () => Element, string])[] = [
  ["thousands of ids", () => query({ ids: Array.from({ length: 3_000 }, () => UNKNOWN) }), "bad-request"],
  ["as many unknown ids as may be", () => query({ ids: Array.from({ length: 250 }, () => UNKNOWN) }), "item-not-found"],
  ["the same id again and again", () => query({ ids: Array.from({ length: 250 }, () => ids[3] ?? "") }), "1 messages"],
  ["an id of 10,000 characters", () => query({ "after-id": [long("a", 10_000)] }), "item-not-found"],
  ["a page before an id of 10,000 characters", () => query({}, { before: long("0", 10_000) }), "item-not-found"],
  ["a page after what is no id", () => query({}, { after: "' or 1=1 --" }), "item-not-found"],
  ["a page of a milliard", () => query({}, { max: "1000000000" }), `${MAX_PAGE} messages`],
  ["a page of more than numbers hold", () => query({}, { max: "99999999999999999999999999" }), "bad-request"],
  ["a page of 1e9", () => query({}, { max: "1e9" }), `${MAX_PAGE} messages`],
  ["a page of less than nothing", () => query({}, { max: "-1" }), "bad-request"],
  ["the year 0", () => query({ start: ["0000-01-01T00:00:00Z"], end: ["0000-12-31T00:00:00Z"] }), "0 messages"],
  [
    "from the year 1 to the year 9999",
    () => query({ start: ["0001-01-01T00:00:00Z"], end: ["9999-12-31T23:59:59Z"] }, { max: "3" }),
    "3 messages",
  ],
  ["a year of five digits", () => query({ end: ["+010000-01-01T00:00:00Z"] }), "bad-request"],
  [
    "an end before the start",
    () => query({ start: ["2030-01-01T00:00:00Z"], end: ["2020-01-01T00:00:00Z"] }),
    "0 messages",
  ],
  ["the 31st of February", () => query({ start: ["2026-02-31T00:00:00Z"] }), "bad-request"],
  ["stop words alone", () => query({ [FULLTEXT]: ["und der die das ist in wie"] }, { max: "5" }), "5 messages"],
  ["10,000 characters of text", () => query({ [FULLTEXT]: [long("Nachricht ", 10_000)] }), "bad-request"],
  ["as much text as may be", () => query({ [FULLTEXT]: [long("nachricht rest ", 255)] }, { max: "5" }), "5 messages"],
  ["wildcards", () => query({ [FULLTEXT]: [long("%_*?.", 250)] }, { max: "5" }), "0 messages"],
  [
    "the search's own signs",
    () => query({ [FULLTEXT]: ["((( nachricht:* & | ! <-> ' \\ \"rest"] }, { max: "5" }),
    "5 messages",
  ],
  [
    "an address of 10,000 characters",
    () => query({ with: [`${long("a", 10_000)}@${tenant.domain}`] }),
    "jid-malformed",
  ],
  ["a nick of 1,000 characters", () => query({ with: [`${room}/${long("n", 1_000)}`] }), "0 messages"],
  ["a field that there is not", () => query({ everything: ["1"] }), "feature-not-implemented"],
];

describe("of one person", () => {
  test.each(cases)("%s", async (_name, payload, expected) => {
    expect(await outcome(ben, payload())).toBe(expected);
    expect(await outcome(ada, query({}, { max: "1" }))).toBe("1 messages");
  });
});

test("many at once: some wait their turn, the rest is told to wait, and somebody else's is answered beside them", async () => {
  const slow = () => query({ [FULLTEXT]: [long("nachricht rest ", 255)] }, { max: "250" });
  const many = Array.from({ length: 200 }, () => ask(ben, slow()));
  const others = await Promise.all(Array.from({ length: 5 }, () => ask(ada, query({}, { max: "1" }))));
  for (const answer of others) {
    const fin = answer.getChild("fin");
    expect(fin && archiveFin.read(fin).page.count).toBe(MESSAGES);
  }
  const counts = new Map<string, number>();
  for (const answer of await Promise.all(many)) {
    const error = answer.getChild("error");
    const said = error ? `${attr(error, "type")} ${childElements(error)[0]?.name}` : "result";
    counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(["result", "wait resource-constraint"]);
  // One is carried out, sixteen wait; each that ends makes room for another.
  expect(counts.get("result")).toBeGreaterThanOrEqual(17);
  expect(await outcome(ben, query({}, { max: "1" }))).toBe("1 messages");
});
