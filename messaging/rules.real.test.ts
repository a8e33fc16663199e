/** The rules of a tenant for its rooms: set over REST, held by the running components, met by people. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import request from "supertest";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../components/stanza.ts";
import { NS_DISCO_ITEMS } from "../components/xep/xep-0030-service-discovery.ts";
import { NS_MUC } from "../components/xep/xep-0045-muc.ts";
import { NS_MAM } from "../components/xep/xep-0313-archive.ts";
import { newId } from "../platform/ids.ts";
import type { OwnTenant } from "../test/support/own-tenant.ts";
import { eventually } from "../test/support/real.ts";
import { type RoomsApi, roomsApi } from "../test/support/rooms-api.ts";

let api: RoomsApi;
let tenant: OwnTenant;
let ada: XmppClient;
let ben: XmppClient;

beforeAll(async () => {
  api = await roomsApi("rooms-rules", "rooms:read", "rooms:change", "archive:read");
  ({ tenant } = api);
  [ada, ben] = [await tenant.person("ada"), await tenant.person("ben")];
}, 60_000);

afterAll(async () => {
  await api.close();
});

const path = (rest: string) => `/api/v1/tenants/${tenant.id}${rest}`;
const rules = () => request(api.app).get(path("/room-rules"));
const set = (body: object) => request(api.app).put(path("/room-rules")).send(body);

const at: RoomsApi["at"] = (...asked) => api.at(...asked);
async function enter(client: XmppClient, room: string): Promise<Element> {
  const from = at(room, client.jid.split("@")[0]);
  await client.send(x("presence", { to: from }, x("x", { xmlns: NS_MUC })));
  return client.next(({ name, attrs }) => name === "presence" && attrs.from === from, `entering ${room}`);
}
const error = (stanza: Element) => {
  const element = stanza.getChild("error");
  const text = element?.getChildText("text") ?? "";
  return element ? `${childElements(element)[0]?.name} ${text}` : "none";
};
async function say(client: XmppClient, room: string, text: string): Promise<Element> {
  const id = newId();
  await client.send(x("message", { to: at(room), type: "groupchat", id }, x("body", {}, text)));
  return client.next((stanza) => stanza.name === "message" && attr(stanza, "id") === id, text);
}
/** The rule is heard of within seconds: until then new rooms come into being. */
const refusedSoon = (client: XmppClient, name: string) =>
  eventually(async () => {
    const answer = error(await enter(client, `${name}-${newId()}`));
    return answer === "none" ? undefined : answer;
  }, "the rule");
/** And the other way round: until then the rules of before refuse it. */
const enteredSoon = (client: XmppClient, room: string) =>
  eventually(async () => (error(await enter(client, room)) === "none" ? true : undefined), `a place in ${room}`);
async function listed(client: XmppClient): Promise<(string | undefined)[]> {
  const query = x("query", { xmlns: NS_DISCO_ITEMS });
  const answer = await client.iq(x("iq", { type: "get", to: `rooms.${tenant.domain}` }, query));
  return (
    answer
      .getChild("query")
      ?.getChildren("item")
      .map((item) => attr(item, "jid")) ?? []
  );
}

describe("over the API", () => {
  test("the defaults hold until some are set; versions, bounds and the operator's ceiling are kept", async () => {
    const before = await rules();
    expect(before.body).toMatchObject({ version: 0, creators: "everybody", archive: true, archiveDays: null });
    expect(before.body.archiveLimit).toEqual({ amount: expect.any(Number), unit: expect.any(String) });
    expect(before.headers.etag).toBe('"v0"');
    const stale = await request(api.app).put(path("/room-rules")).set("If-Match", '"v7"').send({});
    expect(stale.status).toBe(412);
    expect((await set({ pattern: "*a*b*c*" })).status).toBe(400);
    expect((await set({ defaults: { history: 1_000 } })).status).toBe(400);
    expect((await set({ archiveDays: 3_000 })).status).toBe(403);
    const made = await set({ archiveDays: 3, defaults: { moderated: true } });
    expect(made.body).toMatchObject({ version: 1, archiveDays: 3, defaults: { moderated: true } });
    expect((await set({})).body).toMatchObject({ version: 2, archiveDays: null, defaults: {} });
    const { rows } = await api.db.withTenants([tenant.id], (trx: Transaction<unknown>) =>
      sql<{ after: { archiveDays: number | null } }>`
        select after from audit_entry where tenant_id = ${tenant.id} and action = 'room:rules' order by position`.execute(
        trx,
      ),
    );
    expect(rows.map(({ after }) => after.archiveDays)).toEqual([3, null]);
  });
});

describe("in the rooms", () => {
  test("who makes rooms, how they are called and what they begin with", async () => {
    await set({ prefix: "amt-", defaults: { moderated: true, title: "Neu" } });
    expect(await refusedSoon(ada, "flur")).toMatch(/^policy-violation .*'amt-'/);
    expect(error(await enter(ada, "amt-flur"))).toBe("none");
    const made = await request(api.app).get(path("/rooms/amt-flur"));
    expect(made.body).toMatchObject({ title: "Neu", moderated: true });
    expect((await request(api.app).post(path("/rooms")).send({ name: "flur" })).status).toBe(403);

    await set({ creators: ["tenant-administrator"] });
    expect(await refusedSoon(ada, "amt-flur")).toMatch(/^not-allowed /);
    // Rooms that are there stay open to all.
    expect(error(await enter(ben, "amt-flur"))).toBe("none");
    expect((await request(api.app).post(path("/rooms")).send({ name: "flur" })).status).toBe(201);
  });

  test("who is too fast is told when to go on, and what he said is nowhere", async () => {
    await set({});
    await enteredSoon(ada, "tempo");
    await set({ messagesPerTenSeconds: { person: 3 } });
    const fate = await eventually(async () => {
      const answer = error(await say(ada, "tempo", `schnell ${newId()}`));
      return answer === "none" ? undefined : answer;
    }, "the limit");
    expect(fate).toMatch(/^resource-constraint You are too fast: go on in \d+ s/);
    const sent = await say(ada, "tempo", "zu viel");
    expect(error(sent)).toMatch(/^resource-constraint/);
    const { body } = await request(api.app).get(path("/rooms/tempo/archive?text=zu%20viel")).set("X-Reason", "test");
    expect(body.items).toEqual([]);
  });

  test("who enters too often is told when to go on, and is in no further room", async () => {
    await set({});
    await enteredSoon(ben, "eingang");
    await set({ joinsPerTenSeconds: { person: 3 } });
    expect(await refusedSoon(ben, "drehtuer")).toMatch(/^resource-constraint You are too fast: go on in \d+ s/);
    await ben.send(x("message", { to: at("eingang"), type: "groupchat", id: "drin" }, x("body", {}, "noch da")));
    expect(error(await ben.next((stanza) => attr(stanza, "id") === "drin", "the message"))).toBe("none");
    await set({});
    await enteredSoon(ben, "eingang");
  });

  test("rooms for members, and hidden ones, are listed to those who belong to them", async () => {
    await set({});
    for (const [name, config] of [
      ["liste-offen", {}],
      ["liste-mitglieder", { membersOnly: true }],
      ["liste-geheim", { listed: false }],
    ] as const) {
      const owner = `ada@${tenant.domain}`;
      expect((await request(api.app).post(path("/rooms")).send({ name, config, owner })).status).toBe(201);
    }
    const ours = (jids: (string | undefined)[]) => jids.filter((jid) => jid?.startsWith("liste-")).sort();
    expect(ours(await listed(ada))).toEqual([at("liste-geheim"), at("liste-mitglieder"), at("liste-offen")]);
    expect(ours(await listed(ben))).toEqual([at("liste-offen")]);
  });

  test("without an archive nobody reads back what was said", async () => {
    await set({});
    await enteredSoon(ada, "fluechtig");
    await eventually(
      async () => (error(await say(ada, "fluechtig", "Weg damit")) === "none" ? true : undefined),
      "a word",
    );
    await set({ archive: false });
    const archive = () => ada.iq(x("iq", { type: "set", to: at("fluechtig") }, x("query", { xmlns: NS_MAM })));
    const answer = await eventually(async () => {
      const found = await archive();
      return attr(found, "type") === "error" ? error(found) : undefined;
    }, "the rule");
    expect(answer).toMatch(/^feature-not-implemented/);
    // What is said goes to all as ever, and to nobody who comes later.
    expect(error(await say(ada, "fluechtig", "Immer noch da"))).toBe("none");
    await enter(ben, "fluechtig");
    await ben.next((stanza) => stanza.getChild("subject") !== undefined, "the end of the join");
    expect(ben.pending().filter((stanza) => stanza.getChild("body"))).toEqual([]);
    const read = await request(api.app).get(path("/rooms/fluechtig/archive")).set("X-Reason", "test");
    expect(read.status).toBe(403);
    await set({});
  });
});
