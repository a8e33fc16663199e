import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import express from "express";
import request from "supertest";
import { serverNames } from "../../cli/stack/server-kind.ts";
import { localActor } from "../../identity/audit.ts";
import { apiRouter, type Principal, problemHandler } from "../../platform/http.ts";
import { newId } from "../../platform/ids.ts";
import type { Database } from "../../platform/postgres.ts";
import { tokenFor } from "../../test/support/principal.ts";
import { openTestDatabase, realStack, silentLog } from "../../test/support/real.ts";
import { type ScratchArchive, scratchArchive } from "../../test/support/scratch-archive.ts";
import { personalErasure } from "./erasure.ts";
import { exportOwn } from "./export.ts";
import { personalRoutes } from "./http.ts";

/** An archive of its own beside the running service's tenants: what one person reads, page by page. */

const { demo } = realStack();
const [tenant] = demo.tenants;
const host = tenant?.people[0]?.jid.split("@")[1] ?? "";
/** The present: what a turn of retention has hidden of the running service's tenants is hidden here too. */
const started = Math.floor(Date.now() / 1_000) * 1_000;
const clock = () => started;
const at = (minutes: number) => new Date(clock() - minutes * 60_000);
const DAY = 1_440;
let db: Database;
let archive: ScratchArchive;

const said = (user: string, other: string, minutes: number, body: string, more = "") => ({
  ...{ host, user, with: other, at: at(minutes) },
  value: `<message from='${user}@${host}/desk' type='chat'><body>${body}</body>${more}</message>`,
});

const person = (localpart: string): Principal => ({
  ...tokenFor(null, "own:read"),
  ...{ id: localpart, person: { tenant: tenant?.id ?? "", id: localpart, localpart } },
});
const get = (path: string, query: object = {}, who = person("anna"), from: Database | undefined = archive.archive) =>
  request(
    express()
      .use(apiRouter(personalRoutes({ db, archive: from, clock, newId }), async () => who))
      .use(problemHandler(silentLog)),
  )
    .get(path)
    .query(query);
const bodies = ({ body }: { body: { items: { body: string }[] } }) => body.items.map((item) => item.body);
const withBert = `/own/conversations/bert@${host}`;

describe.each(serverNames)("in the table of %s", (server) => {
  beforeAll(async () => {
    db = openTestDatabase();
    archive = await scratchArchive(server);
    await archive.insert([
      ...Array.from({ length: 7 }, (_, index) => said("anna", `bert@${host}`, 100 - index, `Nachricht ${index}`)),
      said("anna", `carl@${host}`, 50, "Die Häuser in der Straße sind groß &amp; alt"),
      said("anna", `carl@${host}`, 40, "He was running late", "<html xmlns='x'><body xmlns='y'>other</body></html>"),
      {
        ...said("anna", `carl@${host}`, 30, ""),
        value: "<message from='carl@x'><received xmlns='urn:xmpp:receipts'/></message>",
      },
      said("anna", `dora@${host}`, 11 * DAY, "Too old to be seen: Haus"),
      said("bert", `anna@${host}`, 20, "Haus: what anna does not see"),
      { ...said("anna", `bert@${host}`, 10, "Haus of another tenant"), host: "elsewhere.test" },
    ]);
  });
  afterAll(async () => {
    await archive?.drop();
    await db?.close();
  });

  test("conversations, the latest first, each with its last message", async () => {
    const first = await get("/own/conversations", { limit: 1 }).expect(200);
    expect(first.body.items).toEqual([
      {
        with: `carl@${host}`,
        last: expect.objectContaining({ body: "He was running late", direction: "sent", encrypted: false }),
      },
    ]);
    const second = await get("/own/conversations", { limit: 1, cursor: first.body.next }).expect(200);
    expect(second.body).toMatchObject({ items: [{ with: `bert@${host}`, last: { body: "Nachricht 6" } }], next: null });
  });

  test("a conversation is paged to the past and back to what is new", async () => {
    const first = await get(withBert, { limit: 3 }).expect(200);
    expect(bodies(first)).toEqual(["Nachricht 6", "Nachricht 5", "Nachricht 4"]);
    const second = await get(withBert, { limit: 3, cursor: first.body.next }).expect(200);
    expect(bodies(second)).toEqual(["Nachricht 3", "Nachricht 2", "Nachricht 1"]);
    const last = await get(withBert, { limit: 3, cursor: second.body.next }).expect(200);
    expect(bodies(last)).toEqual(["Nachricht 0"]);
    expect(last.body.next).toBeNull();
    const back = await get(withBert, { limit: 2, cursor: last.body.previous }).expect(200);
    expect(bodies(back)).toEqual(["Nachricht 2", "Nachricht 1"]);
    const oneMore = await get(withBert, { limit: 2, cursor: back.body.previous }).expect(200);
    expect(bodies(oneMore)).toEqual(["Nachricht 4", "Nachricht 3"]);
    const returned = await get(withBert, { limit: 2, cursor: back.body.next }).expect(200);
    expect(bodies(returned)).toEqual(["Nachricht 0"]);
    const newest = await get(withBert, { cursor: first.body.previous }).expect(200);
    expect(newest.body).toEqual({ items: [], next: null, previous: first.body.previous });
  });

  test.each([
    ["haus", ["Die Häuser in der Straße sind groß & alt"], ["Häuser"]],
    ["RUN", ["He was running late"], ["running"]],
    ['"groß alt"', ["Die Häuser in der Straße sind groß & alt"], ["groß", "alt"]],
    ["straße -groß", [], []],
    ["other", [], []],
    ["der", ["Die Häuser in der Straße sind groß & alt"], undefined],
  ])("a search for %s finds its forms and marks them", async (text, expected, marked) => {
    const found = await get("/own/messages", { text }).expect(200);
    expect(bodies(found)).toEqual(expected);
    if (marked === undefined) return;
    const hits = found.body.items.flatMap((item: { excerpt: { text: string; hit: boolean }[] }) =>
      item.excerpt.filter(({ hit }) => hit).map((part) => part.text),
    );
    expect(hits).toEqual(marked);
  });

  test("a search is bounded by contact and time, and paged", async () => {
    const all = await get("/own/messages", { text: "nachricht", limit: 3 }).expect(200);
    expect(bodies(all)).toEqual(["Nachricht 6", "Nachricht 5", "Nachricht 4"]);
    const rest = await get("/own/messages", { text: "nachricht", cursor: all.body.next }).expect(200);
    expect(bodies(rest)).toEqual(["Nachricht 3", "Nachricht 2", "Nachricht 1", "Nachricht 0"]);
    expect(rest.body.next).toBeNull();
    const others = await get("/own/messages", { text: "nachricht", with: `carl@${host}` }).expect(200);
    expect(bodies(others)).toEqual([]);
    const span = { from: at(99).toISOString(), to: at(97).toISOString() };
    expect(bodies(await get("/own/messages", { text: "nachricht", ...span }).expect(200))).toEqual([
      "Nachricht 2",
      "Nachricht 1",
    ]);
  });

  test("a search of a long archive goes on where a page has ended, though it found nothing", async () => {
    const many = Array.from({ length: 5_100 }, (_, index) =>
      said("emil", `bert@${host}`, 5_200 - index, "Nichts weiter"),
    );
    await archive.insert([said("emil", `bert@${host}`, 5_201, "Nadel"), ...many]);
    const first = await get("/own/messages", { text: "nadel" }, person("emil")).expect(200);
    expect(first.body.items).toEqual([]);
    const second = await get("/own/messages", { text: "nadel", cursor: first.body.next }, person("emil")).expect(200);
    expect(bodies(second)).toEqual(["Nadel"]);
    expect(second.body.next).toBeNull();
  });

  test("words that are operators, signs or nothing harm nobody", async () => {
    for (const text of ["'", '"', "or", "-", "\\", "a & !b | (c", ":*", "<body>", "%"]) {
      await get("/own/messages", { text }).expect(200);
    }
  });

  test("tokens have no messages, and where the archive is not ours nobody reads it", async () => {
    await get("/own/conversations", {}, tokenFor(null, "own:read")).expect(403);
    await get("/own/conversations", {}, tokenFor(null, "archive:read")).expect(403);
    const none = express()
      .use(apiRouter(personalRoutes({ db, archive: undefined, clock, newId }), async () => person("anna")))
      .use(problemHandler(silentLog));
    for (const path of ["/own/conversations", withBert, "/own/messages?text=x"])
      await request(none).get(path).expect(501);
  });

  test("the archive of one account goes as a whole, and of no other", async () => {
    const { count, erase } = personalErasure(archive.archive);
    const of = (user: string) => count({ host, user });
    await archive.insert(Array.from({ length: 1_001 }, (_, index) => said("fritz", `anna@${host}`, index, "Hallo")));
    const anna = await of("anna");
    await erase({ host, user: "fritz" });
    await erase({ host, user: "fritz" });
    expect([await of("fritz"), await of("anna")]).toEqual([0, anna]);
    expect(anna).toBeGreaterThan(0);
  });

  test("an export of more than a page has each message once, in order", async () => {
    const all = Array.from({ length: 1_001 }, (_, index) =>
      said("gerd", `anna@${host}`, 2_000 - index, `Nr. ${index}`),
    );
    await archive.insert(all);
    const person = { id: newId(), tenant: tenant?.id ?? "", localpart: "gerd" };
    const actor = localActor("cli", "test");
    let text = "";
    const own = { tenant: person.tenant, host, user: "gerd" };
    const deps = { db, archive: archive.archive, clock, newId };
    for await (const piece of exportOwn(deps, own, { format: "json", language: "de" }, person.id, actor)) text += piece;
    const { messages, count } = JSON.parse(text);
    expect(count).toBe(1_001);
    expect(messages.map(({ body }: { body: string }) => body)).toEqual(all.map((_, index) => `Nr. ${index}`));
  });

  test("times and places out of all bounds are empty pages", async () => {
    const cursorOf = (place: unknown) => Buffer.from(JSON.stringify(place)).toString("base64url");
    const far = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    for (const span of [{ from: "9999-12-31T23:59:59Z" }, { to: "0001-01-01T00:00:00Z" }]) {
      expect(bodies(await get("/own/messages", { text: "nachricht", ...span }).expect(200))).toEqual([]);
    }
    const behind = far.map((number) => -number);
    expect(bodies(await get("/own/messages", { text: "nachricht", cursor: cursorOf(behind) }).expect(200))).toEqual([]);
    expect(bodies(await get(withBert, { cursor: cursorOf({ newer: far }) }).expect(200))).toEqual([]);
    await get("/own/conversations", { cursor: cursorOf([far[0], "x"]) }).expect(200);
    await get("/own/conversations", { cursor: cursorOf(["x"]) }).expect(400);
  });
});
