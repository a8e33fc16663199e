/** Reading along: server-sent events of a room, gone on with after a break, for who may read its archive. */
import { once } from "node:events";
import type { Server } from "node:http";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { z } from "zod";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { type RoomsApi, roomsApi } from "../test/support/rooms-api.ts";

const shape = z.object({
  id: z.string(),
  nick: z.string(),
  body: z.string().nullable(),
  kind: z.string(),
  target: z.string().nullable(),
});
type Event = z.infer<typeof shape> & { readonly seq: string };

let api: RoomsApi;
let ada: XmppClient;
let server: Server;
let base: string;
beforeAll(async () => {
  api = await roomsApi("events", "rooms:read", "rooms:change", "rooms:moderate", "archive:read");
  ada = await api.tenant.person("ada");
  await api.ask("post", "/rooms", { body: { name: "rat" } });
  await api.enter(ada, "rat", "Ada");
  server = api.app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = z.object({ port: z.number() }).parse(server.address());
  base = `http://127.0.0.1:${address.port}/api/v1/tenants/${api.tenant.id}/rooms`;
}, 60_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await api.close();
});

const ask = (query: string, headers: Record<string, string> = { "X-Reason": "test" }, signal?: AbortSignal) =>
  fetch(`${base}/rat/events${query}`, { headers, ...(signal && { signal }) });

/** Reads along until the test has enough. */
async function readAlong(query = "", lastEventId?: string) {
  const stop = new AbortController();
  const resume: Record<string, string> = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
  const answer = await ask(query, { "X-Reason": "test", ...resume }, stop.signal);
  expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream(;|$)/);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    next: async (): Promise<Event> => {
      for (;;) {
        const end = text.indexOf("\n\n");
        const block = end < 0 ? undefined : text.slice(0, end);
        if (block !== undefined) text = text.slice(end + 2);
        const [, seq = "", data = ""] = /^id: (\d+)\ndata: (.+)$/.exec(block ?? "") ?? [];
        if (data !== "") return { ...shape.parse(JSON.parse(data)), seq };
        if (block !== undefined) continue;
        const piece = await reader?.read();
        if (!piece || piece.done) throw new Error("the stream has ended");
        text += decoder.decode(piece.value, { stream: true });
      }
    },
    stop: () => stop.abort(),
  };
}

test("begins with the last ones, goes on live, and after a break where it was: each once", async () => {
  for (const text of ["eins", "zwei", "drei"]) await api.say(ada, "rat", text);
  const first = await readAlong("?last=2");
  expect([await first.next(), await first.next()].map(({ body }) => body)).toEqual(["zwei", "drei"]);
  await api.say(ada, "rat", "vier");
  const four = await first.next();
  expect(four).toMatchObject({ body: "vier", nick: "Ada", kind: "message" });
  first.stop();
  await api.say(ada, "rat", "fünf");
  const second = await readAlong("", four.seq);
  await api.say(ada, "rat", "sechs");
  expect([await second.next(), await second.next()].map(({ body }) => body)).toEqual(["fünf", "sechs"]);
  second.stop();
  expect(await api.auditOf("archive:read")).toMatchObject([
    { reason: "test", after: { live: true, last: 2 } },
    { reason: "test", after: { live: true, after: Number(four.seq) } },
  ]);
});

test("tells of a subject and of what is taken back, and does not show that again", async () => {
  const reader = await readAlong("?last=0");
  await api.say(ada, "rat", "Unsinn");
  const said = await reader.next();
  await api.ask("put", "/rooms/rat/subject", { body: { subject: "Haushalt" } });
  expect(await reader.next()).toMatchObject({ kind: "subject", body: "Haushalt" });
  expect((await api.ask("post", `/rooms/rat/archive/${said.id}/moderate`)).status).toBe(204);
  expect(await reader.next()).toMatchObject({ kind: "retraction", target: said.id, body: null });
  reader.stop();
  const again = await readAlong("", String(Number(said.seq) - 1));
  expect(await again.next()).toMatchObject({ id: said.id, kind: "retracted", body: null });
  again.stop();
});

test("is refused without a reason, for an unknown event or room", async () => {
  expect((await ask("", {})).status).toBe(400);
  expect((await ask("", { "X-Reason": "test", "Last-Event-ID": "x" })).status).toBe(400);
  expect((await fetch(`${base}/nirgends/events`, { headers: { "X-Reason": "test" } })).status).toBe(404);
});
