/** The REST door of rooms, over the stack's database and Redis; the running components own the rooms. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import express from "express";
import { sql, type Transaction } from "kysely";
import request from "supertest";
import { z } from "zod";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, type Element, x } from "../components/stanza.ts";
import { NS_MUC, NS_MUC_USER } from "../components/xep/xep-0045-muc.ts";
import { quotas } from "../config/sections/quotas.ts";
import { addTenant, addToken, bearerAuthentication } from "../identity/index.ts";
import type { Scope } from "../platform/http.ts";
import { apiRouter, problemHandler } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { newSecret } from "../platform/secrets.ts";
import { type OwnTenant, ownTenant } from "../test/support/own-tenant.ts";
import { tokenFor } from "../test/support/principal.ts";
import { eventually, openTestDatabase, realStack, silentLog } from "../test/support/real.ts";
import { scratchDatabase } from "../test/support/scratch-database.ts";
import { roomRoutes } from "./http.ts";

const db = openTestDatabase();
const owner = openTestDatabase("owner");
const redis = openRedis(realStack().settings.redis.url, silentLog);
const app = express();
const token = newSecret("test");
const moderator = newSecret("test");
let tenant: OwnTenant;
let ada: XmppClient;
let ben: XmppClient;

beforeAll(async () => {
  await redisReady(redis, 5_000);
  tenant = await ownTenant("rooms-http");
  [ada, ben] = [await tenant.person("ada"), await tenant.person("ben")];
  const now = new Date();
  const expiresAt = new Date(now.getTime() + 600_000);
  const made = { label: "rooms test", expiresAt, tenant: tenant.id };
  const all: Scope[] = ["rooms:read", "rooms:change", "rooms:moderate", "archive:read"];
  await addToken(owner, { ...made, id: newId(), token, scopes: all }, now);
  await addToken(owner, { ...made, id: newId(), token: moderator, scopes: ["rooms:read", "rooms:moderate"] }, now);
  const deps = { db, redis, log: silentLog, clock: Date.now, newId, quotas: quotas.parse({}) };
  app.use("/api/v1", apiRouter(roomRoutes(deps), bearerAuthentication(db, Date.now)), problemHandler(silentLog));
}, 60_000);

afterAll(async () => {
  await owner
    .common<{ api_token: { label: string } }>()
    .deleteFrom("api_token")
    .where("label", "=", "rooms test")
    .execute();
  await tenant.close();
  redis.disconnect();
  await Promise.all([db.close(), owner.close()]);
});

type Method = "get" | "post" | "put" | "patch" | "delete";
function ask(method: Method, path: string, { body, reason, bearer = token, match }: Asked = {}) {
  const sent = request(app)[method](`/api/v1/tenants/${tenant.id}${path}`).set("Authorization", `Bearer ${bearer}`);
  if (reason !== undefined) sent.set("X-Reason", encodeURIComponent(reason));
  if (match !== undefined) sent.set("If-Match", match);
  return body === undefined ? sent : sent.send(body);
}
interface Asked {
  readonly body?: object;
  readonly reason?: string;
  readonly bearer?: string;
  readonly match?: string;
}

interface Hit {
  readonly body: string;
  readonly room: { readonly name: string; readonly ended: boolean };
}

const at = (room: string, nick?: string) => `${room}@rooms.${tenant.domain}${nick === undefined ? "" : `/${nick}`}`;
async function enter(client: XmppClient, room: string, nick: string): Promise<Element> {
  await client.send(x("presence", { to: at(room, nick) }, x("x", { xmlns: NS_MUC })));
  return client.next(({ name, attrs }) => name === "presence" && attrs.from === at(room, nick), `entering ${room}`);
}
const codesOf = (stanza: Element) =>
  stanza
    .getChild("x", NS_MUC_USER)
    ?.getChildren("status")
    .map((each) => attr(each, "code")) ?? [];
async function say(client: XmppClient, room: string, text: string): Promise<void> {
  const id = newId();
  await client.send(x("message", { to: at(room), type: "groupchat", id }, x("body", {}, text)));
  await client.next((stanza) => stanza.name === "message" && attr(stanza, "id") === id, text);
}
async function auditOf(action: string): Promise<{ actor: string; reason: string | null; after: unknown }[]> {
  const { rows } = await db.withTenants([tenant.id], (trx: Transaction<unknown>) =>
    sql<{ actor: string; reason: string | null; after: unknown }>`
      select a.name as actor, e.reason, e.after from audit_entry e
      join actor a on a.tenant_id = e.tenant_id and a.id::text = e.actor::text
      where e.tenant_id = ${tenant.id} and e.action = ${action} order by e.position`.execute(trx),
  );
  return rows;
}

describe("a room", () => {
  test("is made with a configuration, once, and is found by part of its title", async () => {
    const body = { name: "Plenum", config: { title: "Großes Plenum", moderated: true, password: "geheim" } };
    const made = await ask("post", "/rooms", { body });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: "plenum",
      jid: at("plenum"),
      passwordSet: true,
      moderated: true,
      version: 1,
    });
    expect(JSON.stringify(made.body)).not.toContain("geheim");
    expect((await ask("post", "/rooms", { body })).status).toBe(409);
    const found = await ask("get", "/rooms?text=plen&sort=-title");
    expect(found.body).toMatchObject({ items: [{ name: "plenum", occupants: 0, messagesToday: 0 }], next: null });
    expect(await auditOf("room:create")).toMatchObject([{ actor: "rooms test", after: { name: "plenum" } }]);
  });

  test("is listed page by page in both orders", async () => {
    for (const name of ["liste-a", "liste-b", "liste-c"]) await ask("post", "/rooms", { body: { name } });
    for (const [sort, order] of [
      ["name", ["a", "b", "c"]],
      ["-title", ["c", "b", "a"]],
    ] as const) {
      const names: string[] = [];
      let next: string | null = "";
      while (next !== null) {
        const cursor: string = next === "" ? "" : `&cursor=${next}`;
        const { body } = await ask("get", `/rooms?text=liste-&limit=2&sort=${sort}${cursor}`);
        const page = z
          .object({ items: z.array(z.object({ name: z.string() })), next: z.string().nullable() })
          .parse(body);
        names.push(...page.items.map(({ name }) => name));
        next = page.next;
      }
      expect(names).toEqual(order.map((letter) => `liste-${letter}`));
    }
  });

  test("changes for those inside at once; a stale version is refused, and both are told apart", async () => {
    await enter(ada, "flur", "Ada");
    const before = await ask("get", "/rooms/flur");
    expect(before.headers.etag).toMatch(/^"v1\.[\w-]{16}"$/);
    const changed = await ask("patch", "/rooms/flur", {
      body: { title: "Langer Flur", whois: "anyone" },
      match: '"v1"',
    });
    expect(changed.body).toMatchObject({ title: "Langer Flur", version: 2, config: { whois: "anyone", history: 20 } });
    const told = await ada.next((stanza) => codesOf(stanza).includes("104"), "the change");
    expect(codesOf(told)).toEqual(["104", "172"]);
    expect((await ask("patch", "/rooms/flur", { body: { title: "x" }, match: '"v1"' })).status).toBe(412);
    // Without a version all of them are made, however close they come.
    const many = await Promise.all(["a", "b", "c"].map((title) => ask("patch", "/rooms/flur", { body: { title } })));
    expect(many.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask("patch", "/rooms/nirgends", { body: { title: "x" } })).status).toBe(404);
    expect((await ask("patch", "/rooms/flur", { body: { history: 100_000 } })).status).toBe(400);
  });

  test("says that nothing is new only while all of what it shows is the same", async () => {
    await enter(ada, "uhr", "Ada");
    const first = await ask("get", "/rooms/uhr");
    const again = (etag: string) => ask("get", "/rooms/uhr").set("If-None-Match", etag);
    const tag = z.string().parse(first.headers.etag);
    expect((await again(tag)).status).toBe(304);
    await enter(ben, "uhr", "Ben");
    const entered = await eventually(async () => {
      const answer = await again(tag);
      return answer.status === 200 ? answer : undefined;
    }, "the tag of a room with one more inside");
    expect(entered.body).toMatchObject({ occupants: 2, version: 1 });
    const second = z.string().parse(entered.headers.etag);
    expect((await again(second)).status).toBe(304);
    expect((await ask("put", "/rooms/uhr/subject", { body: { subject: "Zeit" } })).status).toBe(204);
    expect((await again(second)).body).toMatchObject({ subject: "Zeit", version: 1 });
    // What changed is no part of what a change is about; another configuration is.
    expect((await ask("patch", "/rooms/uhr", { body: { title: "Uhr" }, match: tag })).status).toBe(200);
    expect((await ask("patch", "/rooms/uhr", { body: { title: "Uhren" }, match: second })).status).toBe(412);
  });

  test("shows who is inside; somebody is put out with a reason, which is on record", async () => {
    await enter(ada, "keller", "Ada");
    await enter(ben, "keller", "Ben");
    const inside = await ask("get", "/rooms/keller/occupants");
    const items = z.array(z.object({ nick: z.string(), occupantId: z.string() })).parse(inside.body.items);
    expect(inside.body.items).toMatchObject([
      { nick: "Ada", affiliation: "owner", role: "moderator", sessions: 1 },
      { nick: "Ben", affiliation: "none", role: "participant" },
    ]);
    const path = `/rooms/keller/occupants/${items[1]?.occupantId}/kick`;
    expect((await ask("post", path)).status).toBe(400);
    // A moderator of the tenant counts as an administrator of the room: not more than its owner.
    const above = `/rooms/keller/occupants/${items[0]?.occupantId}/kick`;
    expect((await ask("post", above, { bearer: moderator, reason: "Ruhe bitte" })).status).toBe(405);
    expect((await ask("post", path, { bearer: moderator, reason: "Ruhe bitte" })).status).toBe(204);
    const out = await ben.next((stanza) => codesOf(stanza).includes("307"), "being put out");
    expect(out.toString()).toContain("Ruhe bitte");
    expect(await auditOf("room:kick")).toMatchObject([{ reason: "Ruhe bitte", after: { nick: "Ben", role: "none" } }]);
    expect((await ask("post", path, { reason: "noch einmal" })).status).toBe(404);
  });

  test("has members by address; a ban puts out and keeps out; the last owner stays", async () => {
    await enter(ada, "hof", "Ada");
    await enter(ben, "hof", "Ben");
    const benJid = `ben@${tenant.domain}`;
    expect(
      (await ask("put", `/rooms/hof/members/${benJid}`, { body: { affiliation: "outcast" }, reason: "Spam" })).status,
    ).toBe(204);
    await ben.next((stanza) => codesOf(stanza).includes("301"), "the ban");
    expect(attr(await enter(ben, "hof", "Ben"), "type")).toBe("error");
    const listed = await ask("get", "/rooms/hof/members?affiliation=outcast");
    expect(listed.body.items).toEqual([
      { jid: benJid, affiliation: "outcast", nick: null, reason: "Spam", name: null },
    ]);
    expect((await ask("delete", `/rooms/hof/members/${benJid}`)).status).toBe(204);
    expect(attr(await enter(ben, "hof", "Ben"), "type")).toBeUndefined();
    expect((await ask("delete", `/rooms/hof/members/ada@${tenant.domain}`)).status).toBe(409);
    expect(
      (await ask("put", `/rooms/hof/members/${benJid}`, { body: { affiliation: "owner" }, bearer: moderator })).status,
    ).toBe(403);
  });

  test("ends: those inside are told where to go, and its name is free", async () => {
    await enter(ada, "alt", "Ada");
    expect((await ask("delete", "/rooms/alt")).status).toBe(400);
    const alternate = at("flur");
    expect((await ask("delete", `/rooms/alt?alternate=${alternate}`, { reason: "Umzug" })).status).toBe(204);
    const gone = await ada.next((stanza) => attr(stanza, "type") === "unavailable", "the end");
    expect(gone.getChild("x", NS_MUC_USER)?.getChild("destroy")?.attrs.jid).toBe(alternate);
    expect((await ask("get", "/rooms/alt")).status).toBe(404);
    expect((await ask("post", "/rooms", { body: { name: "alt" } })).status).toBe(201);
  });
});

test("a command that nobody takes is withdrawn: it is not done later", async () => {
  // No components serve this database.
  const scratch = await scratchDatabase();
  try {
    const now = new Date();
    const people = { contact: "Contact", deputy: "Deputy", partners: [] };
    await addTenant(scratch.owner, { id: "still", domain: "still.example", name: "Still", ...people }, now);
    const deps = { db: scratch.db, redis, log: silentLog, clock: Date.now, newId, quotas: quotas.parse({}) };
    const all = tokenFor("still", "rooms:read", "rooms:change");
    const alone = express().use(
      "/api/v1",
      apiRouter(roomRoutes(deps), async () => all),
      problemHandler(silentLog),
    );
    const rooms = "/api/v1/tenants/still/rooms";
    expect((await request(alone).post(rooms).send({ name: "flur" })).status).toBe(201);
    expect((await request(alone).patch(`${rooms}/flur`).send({ title: "Nie" })).status).toBe(503);
    const left = await scratch.owner
      .common<{ room_command: { id: string } }>()
      .selectFrom("room_command")
      .select("id")
      .execute();
    expect(left).toEqual([]);
  } finally {
    await scratch.drop();
  }
}, 60_000);

describe("the archive", () => {
  test("is read with a reason, found by words, with what was said around; each reading is on record", async () => {
    const again = await tenant.person("cem");
    await enter(again, "akte", "Cem");
    for (const text of ["Guten Morgen", "Der Bericht liegt vor", "Ende 100%_"]) await say(again, "akte", text);
    expect((await ask("get", "/rooms/akte/archive")).status).toBe(400);
    expect((await ask("get", "/rooms/akte/archive", { reason: "Vorfall 7", bearer: moderator })).status).toBe(403);
    // Any form of a word finds it, and is marked as it stands there.
    const found = await ask("get", "/rooms/akte/archive?text=berichte%20liegt", { reason: "Vorfall 7" });
    expect(found.body.items).toMatchObject([
      { nick: "Cem", sender: `cem@${tenant.domain}`, body: "Der Bericht liegt vor" },
    ]);
    expect(found.body.items[0].excerpt).toEqual([
      { text: "Der ", hit: false },
      { text: "Bericht", hit: true },
      { text: " ", hit: false },
      { text: "liegt", hit: true },
      { text: " vor", hit: false },
    ]);
    // What has no word finds nothing.
    expect((await ask("get", "/rooms/akte/archive?text=%25_", { reason: "Vorfall 7" })).body.items).toEqual([]);
    const first = await ask("get", "/rooms/akte/archive?limit=2", { reason: "Vorfall 7" });
    const rest = await ask("get", `/rooms/akte/archive?limit=2&cursor=${first.body.next}`, { reason: "Vorfall 7" });
    expect([...first.body.items, ...rest.body.items].map(({ body }) => body)).toEqual([
      "Ende 100%_",
      "Der Bericht liegt vor",
      "Guten Morgen",
    ]);
    const oldest = await ask("get", "/rooms/akte/archive?limit=2&order=oldest", { reason: "Vorfall 7" });
    const newer = await ask("get", `/rooms/akte/archive?limit=2&order=oldest&cursor=${oldest.body.next}`, {
      reason: "Vorfall 7",
    });
    expect(oldest.body.items.map(({ body }: { body: string }) => body)).toEqual([
      "Guten Morgen",
      "Der Bericht liegt vor",
    ]);
    expect(newer.body).toMatchObject({ items: [{ body: "Ende 100%_" }], next: null });
    const around = await ask("get", `/rooms/akte/archive/${found.body.items[0].id}/context?before=1&after=0`, {
      reason: "Vorfall 7",
    });
    expect(around.body.items.map(({ body }: { body: string }) => body)).toEqual([
      "Guten Morgen",
      "Der Bericht liegt vor",
    ]);
    const entries = await auditOf("archive:read");
    expect(entries.map(({ reason }) => reason)).toEqual(Array(7).fill("Vorfall 7"));
    expect(entries[0]?.after).toMatchObject({ text: "berichte liegt" });
  }, 60_000);

  test("is searched across rooms, also those that are no more: in the order of time, each message with its room", async () => {
    const someone = await tenant.person("dora");
    const reason = "Vorfall 8";
    for (const room of ["quer-eins", "quer-zwei"]) await enter(someone, room, "Dora");
    for (const text of ["Haushaltsplan eins", "nichts davon", "Haushaltspläne drei"]) {
      await say(someone, "quer-eins", text);
      await say(someone, "quer-zwei", `${text}, drüben`);
    }
    expect((await ask("delete", "/rooms/quer-zwei", { reason })).status).toBe(204);
    const search = (query: string, bearer = token) => ask("get", `/archive?${query}`, { reason, bearer });
    expect((await ask("get", "/archive?text=haushaltsplan")).status).toBe(400);
    expect((await search("text=haushaltsplan", moderator)).status).toBe(403);
    // Everything of all rooms is no search.
    expect((await search("limit=5")).status).toBe(400);
    expect((await search("text=%25_")).body.items).toEqual([]);
    const walk = async (query: string) => {
      const seen: [string, string, boolean][] = [];
      for (let next: string | null = ""; next !== null; ) {
        const { body } = await search(`${query}&limit=3${next === "" ? "" : `&cursor=${next}`}`);
        seen.push(...body.items.map((item: Hit) => [item.body, item.room.name, item.room.ended]));
        next = body.next;
      }
      return seen;
    };
    const newest = [
      ["Haushaltspläne drei, drüben", "quer-zwei", true],
      ["Haushaltspläne drei", "quer-eins", false],
      ["Haushaltsplan eins, drüben", "quer-zwei", true],
      ["Haushaltsplan eins", "quer-eins", false],
    ];
    expect(await walk("text=haushaltsplan&nick=Dora")).toEqual(newest);
    expect(await walk("text=haushaltsplan&order=oldest")).toEqual(newest.toReversed());
    expect((await search("text=haushaltsplan&nick=Ada")).body.items).toEqual([]);
    const [hit] = (await search("text=haushaltsplan")).body.items;
    expect(hit.excerpt[0]).toEqual({ text: "Haushaltspläne", hit: true });
    const entries = await auditOf("archive:read");
    expect(entries.at(-1)).toMatchObject({ reason, after: { text: "haushaltsplan", order: "newest" } });
  }, 60_000);

  test("loses what a moderator takes back, once, and those inside are told", async () => {
    const found = await ask("get", "/rooms/akte/archive?text=ende", { reason: "Vorfall 7" });
    const path = `/rooms/akte/archive/${found.body.items[0].id}/moderate`;
    expect((await ask("post", path, { bearer: moderator })).status).toBe(400);
    expect((await ask("post", path, { bearer: moderator, reason: "Beleidigung" })).status).toBe(204);
    expect((await ask("post", path, { bearer: moderator, reason: "Beleidigung" })).status).toBe(410);
    const after = await ask("get", "/rooms/akte/archive?text=ende", { reason: "Vorfall 7" });
    expect(after.body.items).toEqual([]);
    expect(await auditOf("message:moderate")).toMatchObject([{ reason: "Beleidigung", after: { messages: 1 } }]);
  });

  test("gives figures of days without being read", async () => {
    const { body } = await ask("get", "/rooms/akte/statistics?days=7");
    const counts = body.days.map(({ messages }: { messages: number }) => messages);
    expect(counts).toHaveLength(7);
    // Around midnight they may lie on two days.
    expect(counts.reduce((sum: number, each: number) => sum + each, 0)).toBe(4);
    expect(body).toMatchObject({ occupants: 1, messages: 4, lastMessageAt: expect.any(String) });
    const [stored] = (
      await sql<{ bytes: number }>`
        select sum(octet_length(stanza) + coalesce(octet_length(body), 0))::int as bytes from room_log
        where tenant_id = ${tenant.id} and stanza like ${`%akte@rooms.${tenant.domain}%`}`.execute(owner.common())
    ).rows;
    expect(body.bytes).toBe(stored?.bytes);
    const all = await ask("get", "/room-statistics?days=2");
    expect(all.body.rooms).toBeGreaterThan(5);
    expect(all.body.days).toHaveLength(2);
    expect(all.body.messages).toBeGreaterThanOrEqual(4);
    expect(all.body.bytes).toBeGreaterThan(0);
  });
});
