import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { signIn, type XmppClient } from "../cli/client/xmpp-client.ts";
import { x } from "../components/stanza.ts";
import { archiveFin, NS_MAM } from "../components/xep/xep-0313-archive.ts";
import { localActor } from "../identity/audit.ts";
import { createPerson, deletePerson } from "../identity/person-store.ts";
import type { PeopleDeps } from "../identity/person-tables.ts";
import { openPersonalArchive, personalErasure } from "../messaging/index.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { type OwnTenants, ownTenants } from "./support/own-tenants.ts";
import { eventually, openTestDatabase, realStack, silentLog } from "./support/real.ts";

/** Two people talk through the server; what each finds in its own archive over XMPP and over the API is the same. */

const { demo, settings } = realStack();
const db = openTestDatabase();
const redis = openRedis(settings.redis.url, silentLog);
const clock = Date.now;
const deps: PeopleDeps = {
  ...{ db, redis, log: silentLog, quotas: settings.quotas, clock, newId },
  ...{ secret: settings.xmpp.secret, publicUrl: settings.http.publicUrl },
};
const session = z.object({ csrf: z.string() });

interface Somebody {
  readonly id: string;
  readonly jid: string;
  readonly client: XmppClient;
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  text(path: string): Promise<string>;
}

let tenants: OwnTenants;
let tenant: Awaited<ReturnType<OwnTenants["create"]>>;
let anna: Somebody;
let bert: Somebody;

async function somebody(localpart: string): Promise<Somebody> {
  const password = `${randomUUID()}A1!`;
  const person = { localpart, name: localpart, email: null, password };
  const { id } = await createPerson(deps, tenant.id, person, localActor("cli", "test"));
  const jid = `${localpart}@${tenant.domain}`;
  const { host, port } = demo.xmpp;
  const client = await eventually(
    () => signIn({ host, port, jid, password }).catch(() => undefined),
    `${jid} signs in`,
    20_000,
  );
  await client.send(x("presence"));
  const signed = await fetch(`${demo.http}/api/v1/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ jid, password }),
  });
  expect(signed.status).toBe(201);
  session.parse(await signed.json());
  const Cookie = signed.headers.get("set-cookie")?.split(";")[0] ?? "";
  const ask = (path: string) => fetch(`${demo.http}/api/v1${path}`, { headers: { Cookie } });
  return {
    ...{ id, jid, client },
    get: async (path) => {
      const answer = await ask(path);
      return { status: answer.status, body: await answer.json() };
    },
    text: async (path) => (await ask(path)).text(),
  };
}

const texts = ["Guten Morgen", "Die Häuser sind fertig & schön", "Bis morgen <dann>"];

beforeAll(async () => {
  await redisReady(redis, 5_000);
  tenants = await ownTenants();
  tenant = await tenants.create("eins");
  [anna, bert] = await Promise.all([somebody("anna"), somebody("bert")]);
  for (const [index, text] of texts.entries()) {
    const [from, to] = index % 2 === 0 ? [anna, bert] : [bert, anna];
    await from.client.send(x("message", { type: "chat", to: to.jid }, x("body", {}, text)));
    await to.client.next((stanza) => stanza.is("message") && stanza.getChildText("body") === text, text);
  }
}, 60_000);
afterAll(async () => {
  await Promise.all([anna, bert].map((one) => one?.client.stop().catch(() => undefined)));
  await tenants?.close();
  redis.disconnect();
  await db.close();
});

test("the server keeps each one's own copy and gives it over XMPP; by default all is kept", async () => {
  for (const one of [anna, bert]) {
    const answer = await one.client.iq(x("iq", { type: "set" }, x("query", { xmlns: NS_MAM, queryid: "q" })));
    const fin = answer.getChild("fin", NS_MAM);
    if (!fin) throw new Error(answer.toString());
    expect(archiveFin.read(fin)).toMatchObject({ complete: true });
    const found: (string | null | undefined)[] = [];
    for (const _ of texts) {
      const result = await one.client.next((stanza) => stanza.getChild("result", NS_MAM) !== undefined, "a result");
      const forwarded = result.getChild("result", NS_MAM)?.getChild("forwarded", "urn:xmpp:forward:0");
      found.push(forwarded?.getChild("message")?.getChildText("body"));
    }
    expect(found).toEqual(texts);
    const prefs = await one.client.iq(x("iq", { type: "get" }, x("prefs", { xmlns: NS_MAM })));
    expect(prefs.getChild("prefs", NS_MAM)?.attrs.default).toBe("always");
  }
});

test("the API gives the same to the person itself", async () => {
  expect(await anna.get("/own/conversations")).toMatchObject({
    status: 200,
    body: { items: [{ with: bert.jid, last: { body: texts[2], direction: "sent" } }], next: null },
  });
  const mine = await anna.get(`/own/conversations/${bert.jid}`);
  const directions = ["sent", "received", "sent"];
  expect(mine).toMatchObject({
    status: 200,
    body: { items: texts.map((body, index) => ({ body, direction: directions[index], with: bert.jid })).reverse() },
  });
  expect(await bert.get("/own/messages?text=haus")).toMatchObject({
    status: 200,
    body: { items: [{ body: texts[1], direction: "sent", with: anna.jid }], next: null },
  });
  expect(await bert.get(`/own/conversations/${bert.jid}`)).toMatchObject({ status: 200, body: { items: [] } });
});

test("one takes the own messages along as JSON and as a page, on record", async () => {
  const json = await bert.get("/own/messages/export");
  expect(json).toMatchObject({
    status: 200,
    body: { account: bert.jid, count: texts.length, messages: texts.map((body) => ({ body, with: anna.jid })) },
  });
  const page = await bert.text("/own/messages/export?format=html&language=en");
  expect(page).toContain("Bis morgen &lt;dann&gt;");
  expect(page).toContain(`End: ${texts.length} messages.`);
  const { rows } = await db.withTenants([tenant.id], (trx: Transaction<unknown>) =>
    sql`select after from audit_entry where tenant_id = ${tenant.id} and action = 'own:export'
      and object = ${`person/${bert.id}`} order by position`.execute(trx),
  );
  expect(rows).toEqual([{ after: { format: "json" } }, { after: { format: "html" } }]);
});

test("who leaves takes the own archive along, on record; the other's copy stays", async () => {
  const archive = openPersonalArchive(settings.archive, silentLog);
  if (!archive) throw new Error("the stack has no personal archive");
  const { count } = personalErasure(archive);
  const of = (user: string) => count({ host: tenant.domain, user });
  expect(await of("bert")).toBe(texts.length);
  await deletePerson(deps, tenant.id, bert.id, localActor("cli", "test"));
  const logged = await eventually(async () => {
    const { rows } = await db.withTenants([tenant.id], (trx: Transaction<unknown>) =>
      sql`select action, before, after from audit_entry
        where tenant_id = ${tenant.id} and object = ${`person/${bert.id}`} and action in ('archive:erase', 'account:delete')
        order by position`.execute(trx),
    );
    return rows.length === 2 ? rows : undefined;
  }, "the account is gone");
  expect(logged).toEqual([
    { action: "archive:erase", before: { messages: texts.length }, after: null },
    { action: "account:delete", before: null, after: { account: "none", messages: 0 } },
  ]);
  expect([await of("bert"), await of("anna")]).toEqual([0, texts.length]);
  await archive.close();
  expect(await anna.get("/own/messages?text=haus")).toMatchObject({ body: { items: [{ body: texts[1] }] } });
});

test("a run of retention deletes what is over, for the server's clients as for the API, with evidence", async () => {
  const ask = async (path: string, body?: object) => {
    const answer = await fetch(`${demo.http}/api/v1/tenants/${tenant.id}/retention/${path}`, {
      method: body ? "POST" : "GET",
      headers: { Authorization: `Bearer ${demo.token}`, "Content-Type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text: unknown = await answer.json();
    return text;
  };
  // As if eleven days had gone by: messages are kept for ten.
  const asOf = new Date(Date.now() + 11 * 86_400_000).toISOString();
  const { id } = z.object({ id: z.uuid() }).parse(await ask("runs", { kind: "personal-archive", asOf }));
  const done = await eventually(async () => {
    const run = z.object({ state: z.string(), rows: z.number() }).parse(await ask(`runs/${id}`));
    return run.state === "done" ? run : undefined;
  }, "the run ends");
  expect(done.rows).toBe(texts.length);
  expect(await ask("evidence")).toMatchObject({
    items: [
      { kind: "personal-archive", result: "begun" },
      { kind: "personal-archive", result: "deleted", rowCount: texts.length },
      { kind: "personal-archive", result: "complete" },
    ],
  });
  expect(await anna.get("/own/conversations")).toMatchObject({ status: 200, body: { items: [] } });
  const answer = await anna.client.iq(x("iq", { type: "set" }, x("query", { xmlns: NS_MAM, queryid: "after" })));
  const fin = answer.getChild("fin", NS_MAM);
  if (!fin) throw new Error(answer.toString());
  const { complete, page } = archiveFin.read(fin);
  // The total may be that of before, no message is.
  expect([complete, page.first, page.last]).toEqual([true, undefined, undefined]);
  expect(anna.client.pending().filter((stanza) => stanza.getChild("result", NS_MAM))).toEqual([]);
});
