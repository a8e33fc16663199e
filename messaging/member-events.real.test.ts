/** Reading along as somebody of the tenant: as far as its pages may be read, and not longer. */
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import express from "express";
import { z } from "zod";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { x } from "../components/stanza.ts";
import { NS_MUC } from "../components/xep/xep-0045-muc.ts";
import { quotas } from "../config/sections/quotas.ts";
import { closeGently } from "../gateway/http/index.ts";
import { accessChanged } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { apiRouter, type Principal, problemHandler } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { wake } from "../platform/wake.ts";
import { type ReadEvent, readEvents } from "../test/support/event-reader.ts";
import { type OwnTenant, ownTenant } from "../test/support/own-tenant.ts";
import { tokenFor } from "../test/support/principal.ts";
import { openTestDatabase, realStack, silentLog } from "../test/support/real.ts";
import { roomRoutes } from "./http.ts";

const db = openTestDatabase();
const redis = openRedis(realStack().settings.redis.url, silentLog);
const principals = new Map<string, Principal>();
let tenant: OwnTenant;
let ada: XmppClient;
let url: string;
let server: Awaited<ReturnType<typeof serve>>;

/** A gateway of the test's own. */
async function serve(closing?: AbortSignal) {
  const app = express();
  const deps = { db, redis, log: silentLog, clock: Date.now, newId, quotas: quotas.parse({}) };
  const authenticate = async (asked: express.Request) => {
    const known = principals.get(asked.get("X-Who") ?? "");
    if (!known) throw new KontorError("not-authorized");
    return known;
  };
  app.use("/api/v1", apiRouter(roomRoutes(deps), authenticate, undefined, closing), problemHandler(silentLog));
  const listening = app.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const { port } = z.object({ port: z.number() }).parse(listening.address());
  return { listening, url: `http://127.0.0.1:${port}/api/v1/tenants/${tenant.id}/rooms` };
}

beforeAll(async () => {
  await redisReady(redis, 5_000);
  tenant = await ownTenant("read-along");
  ada = await tenant.person("ada");
  for (const localpart of ["ben", "cem", "eva", "fox"]) {
    const person = { tenant: tenant.id, id: newId(), localpart };
    const scopes = ["messages:read", "messages:write"] as const;
    principals.set(localpart, { ...tokenFor(tenant.id, ...scopes), id: person.id, name: localpart, person });
  }
  principals.set("admin", { ...tokenFor(tenant.id, "rooms:change", "rooms:moderate"), id: newId(), name: "Amt" });
  server = await serve();
  url = server.url;
}, 60_000);
afterAll(async () => {
  server.listening.closeAllConnections();
  server.listening.close();
  await tenant.close();
  redis.disconnect();
  await db.close();
});

const at = (room: string, nick?: string) => `${room}@rooms.${tenant.domain}${nick === undefined ? "" : `/${nick}`}`;
async function enter(room: string): Promise<void> {
  await ada.send(x("presence", { to: at(room, "Ada") }, x("x", { xmlns: NS_MUC })));
  await ada.next((each) => each.is("message") && each.getChild("subject") !== undefined, "the subject");
}
const send = (who: string, method: string, path: string, body?: object) =>
  fetch(`${url}/${path}`, {
    method,
    headers: { "X-Who": who, "X-Reason": "test", "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
const said = z.object({ id: z.string() });
const say = async (who: string, room: string, body: string): Promise<string> =>
  said.parse(await (await send(who, "POST", `${room}/messages`, { body })).json()).id;
const follow = (who: string, room: string, query = "", more: Record<string, string> = {}) =>
  readEvents(`${url}/${room}/messages/events${query}`, { "X-Who": who, ...more });

/** The next message: who comes and goes may be told in between. */
async function message(reader: Awaited<ReturnType<typeof follow>>): Promise<ReadEvent> {
  for (;;) {
    const event = await reader.next();
    if (event.event === "") return event;
  }
}

test("gets each message as the pages have it, after a break where it was", async () => {
  await enter("plenum");
  const first = await say("ben", "plenum", "eins");
  const two = await say("cem", "plenum", "zwei");
  const reader = await follow("ben", "plenum", `?last=1`);
  expect(await message(reader)).toMatchObject({ id: two, data: { id: two, body: "zwei", mine: false } });
  const three = await say("ben", "plenum", "drei");
  const live = await message(reader);
  expect(live).toMatchObject({ id: three, data: { mine: true } });
  reader.stop();

  const page: unknown = await (await send("ben", "GET", "plenum/messages")).json();
  expect(page).toMatchObject({ items: [{ id: first }, { id: two }, live.data] });
  const again = await follow("ben", "plenum", "", { "Last-Event-ID": first });
  expect([await message(again), await message(again)].map(({ id }) => id)).toEqual([two, three]);
  again.stop();
  expect((await send("ben", "GET", "nirgends/messages/events")).status).toBe(404);
  const bad = await fetch(`${url}/plenum/messages/events`, { headers: { "X-Who": "ben", "Last-Event-ID": "7" } });
  expect(bad.status).toBe(400);
});

/** The next event of a kind. */
async function eventOf(reader: Awaited<ReturnType<typeof follow>>, kind: string): Promise<ReadEvent> {
  for (;;) {
    const event = await reader.next();
    if (event.event === kind) return event;
  }
}

test("begins with who is there, and says so again to whoever comes back", async () => {
  await enter("wer");
  const inside = (...nicks: string[]) => ({
    id: "",
    event: "occupants",
    data: { occupants: nicks.map((nick) => ({ nick, occupantId: expect.stringMatching(/^[\w-]{43}$/) })) },
  });
  const reader = await follow("ben", "wer", "?last=0");
  // Her coming may be part of the whole, or told after it.
  let told: ReadEvent;
  do told = await reader.next();
  while (!JSON.stringify(told.data).includes("Ada"));
  expect(["occupants", "presence"]).toContain(told.event);
  const first = await say("cem", "wer", "eins");
  expect(await message(reader)).toMatchObject({ id: first });
  await say("cem", "wer", "zwei");
  const again = await follow("cem", "wer", "", { "Last-Event-ID": first });
  expect(await again.next()).toEqual(inside("Ada"));
  expect(await again.next()).toMatchObject({ event: "", data: { body: "zwei" } });

  await ada.send(x("presence", { to: at("wer", "Ada B") }));
  const changes = (nick: string, there: boolean) => expect.objectContaining({ nick, there });
  expect((await eventOf(again, "presence")).data).toEqual({ changes: [changes("Ada", false), changes("Ada B", true)] });
  const late = await follow("eva", "wer", "?last=0");
  expect(await late.next()).toEqual(inside("Ada B"));
  await ada.send(x("presence", { to: at("wer", "Ada B"), type: "unavailable" }));
  expect((await eventOf(late, "presence")).data).toEqual({ changes: [changes("Ada B", false)] });
  const empty = await follow("fox", "wer", "?last=0");
  expect(await empty.next()).toEqual(inside());
  for (const each of [reader, again, late, empty]) each.stop();
});

test("is told who types, comes and goes, without ids", async () => {
  await enter("leben");
  const reader = await follow("ben", "leben", "?last=0");
  const composing = x("composing", { xmlns: "http://jabber.org/protocol/chatstates" });
  // A first message shows that the stream listens by now.
  const id = await say("cem", "leben", "da");
  expect(await message(reader)).toMatchObject({ id });
  await ada.send(x("message", { to: at("leben"), type: "groupchat" }, composing));
  const typing = { nick: "Ada", occupantId: expect.stringMatching(/^[\w-]{43}$/), state: "composing" };
  let told: ReadEvent;
  do told = await reader.next();
  while (told.event !== "typing");
  expect(told).toEqual({ id: "", event: "typing", data: typing });
  // Ada's own entry may have been told before the stream was open, or be part of the same news.
  await ada.send(x("presence", { to: at("leben", "Ada B") }));
  const changed = z.object({ changes: z.array(z.object({ nick: z.string(), there: z.boolean() })) });
  const changes: object[] = [];
  while (!changes.some((each) => "nick" in each && each.nick === "Ada B")) {
    const { id: none, event, data } = await reader.next();
    expect([none, event]).toEqual(["", "presence"]);
    changes.push(...changed.parse(data).changes);
  }
  await ada.send(x("presence", { to: at("leben", "Ada B"), type: "unavailable" }));
  expect(await reader.next()).toMatchObject({
    event: "presence",
    data: { changes: [{ nick: "Ada B", there: false }] },
  });
  reader.stop();
});

test.each([
  [
    "is banned",
    "cem",
    (room: string) => send("admin", "PUT", `${room}/members/cem@${tenant.domain}`, { affiliation: "outcast" }),
  ],
  [
    "loses the membership of a closed room",
    "eva",
    (room: string) => send("admin", "DELETE", `${room}/members/eva@${tenant.domain}`),
  ],
  ["finds the room destroyed", "ben", (room: string) => send("admin", "DELETE", room)],
])("ends at once for who %s", async (_what, who, end) => {
  const room = `ende-${who}`;
  await send("admin", "POST", "", { name: room, config: { membersOnly: who === "eva" } });
  await send("admin", "PUT", `${room}/members/${who}@${tenant.domain}`, { affiliation: "member" });
  const reader = await follow(who, room);
  const id = await say(who, room, "noch");
  expect(await message(reader)).toMatchObject({ id });
  expect((await end(room)).status).toBe(204);
  expect(await reader.rest()).not.toMatch(/data:/);
  const refused = await fetch(`${url}/${room}/messages/events`, { headers: { "X-Who": who } });
  expect(refused.status).toBe(who === "ben" ? 404 : 403);
});

test("ends for whose account or token is no more, before anything else is sent", async () => {
  await enter("konto");
  const reader = await follow("fox", "konto");
  const id = await say("fox", "konto", "noch");
  expect(await message(reader)).toMatchObject({ id });
  principals.delete("fox");
  await say("ben", "konto", "geheim");
  expect(await reader.rest()).not.toMatch(/data:/);
});

// Without the news of it this would be noticed after fifteen seconds.
test("ends at once for whose account is suspended while nobody says anything", async () => {
  await enter("stille");
  const ben = principals.get("ben");
  if (ben) principals.set("gil", { ...ben, id: newId() });
  const reader = await follow("gil", "stille");
  const id = await say("cem", "stille", "noch");
  expect(await message(reader)).toMatchObject({ id });
  principals.delete("gil");
  await wake(redis, accessChanged, { tenant: tenant.id }, silentLog);
  expect(await reader.rest()).not.toMatch(/"body"/);
}, 10_000);

test("is open in ten places of one person at most", async () => {
  await enter("viele");
  const readers = [];
  for (let n = 0; n < 10; n += 1) readers.push(await follow("ben", "viele"));
  expect((await send("ben", "GET", "viele/messages/events")).status).toBe(429);
  const other = await follow("cem", "viele");
  for (const reader of [...readers, other]) reader.stop();
});

test("lets a server stop at once, and tells when to come back", async () => {
  await enter("feierabend");
  const closing = new AbortController();
  const stopping = await serve(closing.signal);
  const reader = await readEvents(`${stopping.url}/feierabend/messages/events`, { "X-Who": "ben" });
  const id = await say("cem", "feierabend", "Tschüs");
  expect(await message(reader)).toMatchObject({ id });
  closing.abort();
  // Without the end of the stream this would wait for ten minutes.
  await closeGently(stopping.listening, 600_000);
  expect(await reader.rest()).toMatch(/retry: \d+\n\n$/);
});
