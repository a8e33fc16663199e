/** What a moderator takes away is gone: from the database, and the file it pointed to. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import { sql } from "kysely";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { childElements, type Element, x } from "../components/stanza.ts";
import { uploadRequest, uploadSlot } from "../components/xep/xep-0363-http-upload.ts";
import { retract } from "../components/xep/xep-0424-retraction.ts";
import { moderate } from "../components/xep/xep-0425-moderation.ts";
import { newId } from "../platform/ids.ts";
import { type OwnTenant, ownTenant } from "../test/support/own-tenant.ts";
import { openTestDatabase, realStack } from "../test/support/real.ts";

const { settings } = realStack();
const owner = openTestDatabase("owner");
let tenant: OwnTenant;

afterEach(() => tenant.close());
afterAll(() => owner.close());

let ada: XmppClient;
let ben: XmppClient;
let room: string;
beforeEach(async () => {
  tenant = await ownTenant("retract");
  [ada, ben] = [await tenant.person("ada"), await tenant.person("ben")];
  room = `amt@rooms.${tenant.domain}`;
  await enter(ada, "Ada");
  await enter(ben, "Ben");
});

async function enter(client: XmppClient, nick: string): Promise<void> {
  await client.send(x("presence", { to: `${room}/${nick}` }, x("x", { xmlns: "http://jabber.org/protocol/muc" })));
  await client.next((each) => each.getChild("subject") !== undefined, "the subject", 8_000);
}

/** Says something and gives its archive id, when everybody has it. */
async function say(client: XmppClient, id: string, ...children: Element[]): Promise<string> {
  await client.send(x("message", { to: room, type: "groupchat", id }, ...children));
  const reflected = await client.next((each) => each.attrs.id === id, id, 8_000);
  return String(reflected.getChild("stanza-id")?.attrs.id);
}

/** Uploads bytes and gives the link to them. */
async function upload(client: XmppClient, text: string): Promise<string> {
  const request = uploadRequest.write({ filename: "geheim.txt", size: text.length });
  const answer = await client.iq(x("iq", { type: "get", to: `upload.${tenant.domain}` }, request));
  const slot = answer.getChild("slot");
  if (!slot) throw new Error(`no slot: ${answer}`);
  const { put, get } = uploadSlot.read(slot);
  expect((await fetch(put.url, { method: "PUT", body: text })).status).toBe(201);
  return get.url;
}

/** Every table that has this text in any column. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`.execute(owner.common());
  const found: string[] = [];
  for (const { name } of rows) {
    const hit =
      await sql`select 1 from ${sql.raw(name)} as row where position(${text} in row::text) > 0 limit 1`.execute(
        owner.common(),
      );
    if (hit.rows.length > 0) found.push(name);
  }
  return found.sort();
}

const blobs = async (): Promise<string[]> => {
  const folder = join(settings.files.folder, tenant.id);
  return existsSync(folder)
    ? (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter((each) => each.isFile())
        .map(({ name }) => name)
    : [];
};

async function auditOf(action: string) {
  const { rows } = await sql<{ who: string; reason: string | null; after: unknown; object: string }>`
    select actor.name as who, entry.reason, entry.after, entry.object
    from audit_entry entry join actor on actor.tenant_id = entry.tenant_id and actor.id = entry.actor
    where entry.tenant_id = ${tenant.id} and entry.action = ${action}`.execute(owner.common());
  return rows;
}

test("after a moderation the text stands nowhere, the file is gone, and the log says who did it", async () => {
  const text = `streng geheim ${tenant.id}`;
  const url = await upload(ben, "geheimer Inhalt");
  expect((await fetch(url)).status).toBe(200);
  const oob = x("x", { xmlns: "jabber:x:oob" }, x("url", {}, url));
  const id = await say(ben, "m1", x("body", {}, `${text} ${url}`), oob);
  const replace = x("replace", { xmlns: "urn:xmpp:message-correct:0", id: "m1" });
  await say(ben, "m2", x("body", {}, `${text}, berichtigt`), replace);
  expect(await tablesWith(text)).toEqual([
    expect.stringMatching(/^public\.room_log/),
    expect.stringMatching(/room_log_p/),
  ]);
  expect(await blobs()).toHaveLength(1);

  const ask = x("iq", { type: "set", to: room }, moderate.write({ id, action: "retract", reason: "Dienstgeheimnis" }));
  expect((await ada.iq(ask)).attrs.type).toBe("result");

  expect(await tablesWith(text)).toEqual([]);
  expect([404, 410]).toContain((await fetch(url)).status);
  expect(await blobs()).toEqual([]);
  expect(await auditOf("message:moderate")).toEqual([
    expect.objectContaining({
      reason: "Dienstgeheimnis",
      after: { messages: 2, files: 1 },
      object: expect.stringContaining(id),
    }),
  ]);
});

test("an author takes back an own file with the message, and nobody another's by naming it", async () => {
  const url = await upload(ben, "Bens Bytes");
  const adas = await say(ada, "a1", x("body", {}, url));
  const takeBack = (id: string) => retract.write({ id });
  await say(ada, "a2", takeBack(adas));
  expect((await fetch(url)).status).toBe(200);

  const bens = await say(ben, "b1", x("body", {}, url));
  await say(ben, "b2", takeBack(bens));
  expect([404, 410]).toContain((await fetch(url)).status);
  expect(await auditOf("message:retract")).toHaveLength(2);
});

test("files of somebody who had the name before are not the namesake's to take back, and go with what that one said", async () => {
  const [kept, gone] = [await upload(ben, "des ersten Ben"), await upload(ben, "von ihm gesagt")];
  const first = await say(ben, "b1", x("body", {}, gone));
  await sql`insert into person (tenant_id, id, localpart, name, created_at)
    values (${tenant.id}, ${newId()}, 'ben', 'Ben', ${new Date()})`.execute(owner.common());
  const [own, second] = [await upload(ben, "des zweiten"), await say(ben, "b2", x("body", {}, kept))];
  const third = await say(ben, "b3", x("body", {}, own));
  for (const id of [second, third]) await say(ben, `back-${id}`, retract.write({ id }));
  expect((await fetch(kept)).status).toBe(200);
  expect([404, 410]).toContain((await fetch(own)).status);
  const ask = x("iq", { type: "set", to: room }, moderate.write({ id: first, action: "retract", reason: "falsch" }));
  expect((await ada.iq(ask)).attrs.type).toBe("result");
  expect([404, 410]).toContain((await fetch(gone)).status);
});

test("what is refused changes nothing", async () => {
  const text = `bleibt ${tenant.id}`;
  const id = await say(ada, "a1", x("body", {}, text));
  await ben.send(x("message", { to: room, type: "groupchat", id: "b1" }, retract.write({ id })));
  const refused = await ben.next((each) => each.attrs.id === "b1", "the refusal", 8_000);
  expect(childElements(refused.getChild("error") ?? x("none")).map(({ name }) => name)).toContain("forbidden");
  expect(await tablesWith(text)).not.toEqual([]);
});
