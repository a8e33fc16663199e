/** Somebody who gets the name of a person that was deleted has nothing of what that one had in rooms. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import request from "supertest";
import { z } from "zod";
import { signIn, type XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, type Element, x } from "../components/stanza.ts";
import { mucAdmin, mucUser, NS_MUC } from "../components/xep/xep-0045-muc.ts";
import { NS_STANZA_ID } from "../components/xep/xep-0359-stanza-ids.ts";
import { NS_OCCUPANT_ID } from "../components/xep/xep-0421-occupant-id.ts";
import { NS_RETRACT } from "../components/xep/xep-0424-retraction.ts";
import { tokenFor } from "./support/principal.ts";
import { eventually, realStack } from "./support/real.ts";
import { type RoomsApi, roomsApi } from "./support/rooms-api.ts";

const { demo } = realStack();
let api: RoomsApi;
let ben: XmppClient;
const clients: XmppClient[] = [];

beforeAll(async () => {
  api = await roomsApi("namesake", "rooms:read", "rooms:change", "rooms:moderate", "person:create", "person:delete");
  ben = await api.tenant.person("ben");
}, 60_000);
afterAll(async () => {
  for (const client of clients) await client.stop().catch(() => undefined);
  await api.close();
});

const NS_ROSTER = "jabber:iq:roster";
const jid = (local: string) => `${local}@${api.tenant.domain}`;
const made = z.object({ id: z.string() });

/** A new person who has signed in. */
async function person(localpart: string) {
  const password = randomUUID();
  const body = { localpart, name: "Anna Ahrens", password };
  const answer = await eventually(async () => {
    const tried = await api.ask("post", "/people", { body });
    return tried.status === 409 ? undefined : tried;
  }, `the name ${localpart} is free`);
  expect(answer).toMatchObject({ status: 201 });
  const { host, port } = demo.xmpp;
  const client = await eventually(
    () => signIn({ host, port, jid: jid(localpart), password }).catch(() => undefined),
    `${localpart} signs in`,
  );
  clients.push(client);
  return { id: made.parse(answer.body).id, client };
}

const make = (name: string, config: object = {}) => api.ask("post", "/rooms", { body: { name, config } }).expect(201);
const member = (room: string, local: string, affiliation: string, nick?: string) =>
  api.ask("put", `/rooms/${room}/members/${jid(local)}`, { body: { affiliation, nick } }).expect(204);
const membersOf = async (room: string) => {
  const { body } = await api.ask("get", `/rooms/${room}/members`).expect(200);
  return z
    .object({ items: z.array(z.object({ jid: z.string() })) })
    .parse(body)
    .items.map((each) => each.jid);
};
/** The answer to an attempt to enter: the own presence, or an error. */
async function knock(client: XmppClient, room: string, nick: string): Promise<Element> {
  await client.send(x("presence", { to: api.at(room, nick) }, x("x", { xmlns: NS_MUC })));
  return client.next((each) => each.is("presence") && attr(each, "from") === api.at(room, nick), `${room} answers`);
}
const idOf = (stanza: Element) => stanza.getChild("occupant-id", NS_OCCUPANT_ID)?.attrs.id;
/** Gives the message as the room reflects it. */
async function say(client: XmppClient, room: string, text: string): Promise<Element> {
  const id = randomUUID();
  await client.send(x("message", { to: api.at(room), type: "groupchat", id }, x("body", {}, text)));
  return client.next((each) => each.is("message") && attr(each, "id") === id, text);
}
/** Takes a message back: the error, or "retracted". */
async function retract(client: XmppClient, room: string, said: Element): Promise<string> {
  const [id, target] = [randomUUID(), said.getChild("stanza-id", NS_STANZA_ID)?.attrs.id];
  const asked = x(
    "message",
    { to: api.at(room), type: "groupchat", id },
    x("retract", { xmlns: NS_RETRACT, id: target }),
  );
  await client.send(asked);
  const answer = await client.next((each) => each.is("message") && attr(each, "id") === id, "the answer");
  const error = answer.getChild("error");
  return error ? (error.getChildElements()[0]?.name ?? "error") : "retracted";
}
/** What somebody reads over REST of what is said in a room, and whether it is an own message. */
async function overRest(id: string, localpart: string, room: string) {
  const named = { tenant: api.tenant.id, id, localpart };
  const app = api.appFor({ ...tokenFor(api.tenant.id, "messages:read"), id, person: named });
  const { body } = await request(app).get(`/api/v1/tenants/${api.tenant.id}/rooms/${room}/messages`).expect(200);
  const page = z.object({ items: z.array(z.object({ body: z.string().nullable(), mine: z.boolean() })) });
  return page.parse(body).items.map((each) => [each.body, each.mine]);
}
const itemOf = (presence: Element) => {
  const element = presence.getChild("x", mucUser.ns);
  return element && mucUser.read(element).item;
};

it("no affiliation, no reserved nick, no invitation and no ban; who was inside is out, and seen to go", async () => {
  const first = await person("anna");
  await make("eigen");
  await make("rat", { membersOnly: true, whois: "anyone" });
  for (const room of ["bann", "offen"]) await make(room);
  await member("eigen", "anna", "owner");
  await member("rat", "ben", "owner");
  await member("rat", "anna", "admin", "Anna");
  await member("bann", "anna", "outcast");
  await api.ask("post", "/rooms/offen/invitations", { body: { invite: [jid("anna")] } }).expect(204);
  await api.enter(ben, "rat", "Ben");
  await api.enter(first.client, "rat", "Anna");
  await api.enter(first.client, "offen", "Anna");
  const said = await say(first.client, "offen", "Von der ersten Anna");

  const gone = ben.next(
    (each) => attr(each, "from") === api.at("rat", "Anna") && attr(each, "type") === "unavailable",
    "Anna leaves",
  );
  const ended = new Promise<void>((resolve) => first.client.onClose(resolve));
  await api.ask("delete", `/people/${first.id}`).expect(202);
  await Promise.all([gone, ended]);

  const second = await person("anna");
  expect(second.id).not.toBe(first.id);
  for (const room of ["eigen", "rat", "bann"]) expect(await membersOf(room)).not.toContain(jid("anna"));
  expect(attr(await knock(second.client, "rat", "Anna"), "type")).toBe("error");
  for (const room of ["eigen", "bann"]) {
    expect(itemOf(await knock(second.client, room, "Neu"))).toMatchObject({ affiliation: "none", role: "participant" });
  }
  // To all who look at occupant ids she is somebody else, and what the other one said is not hers to take back.
  const mine = await knock(second.client, "offen", "Anna");
  expect(itemOf(mine)).toMatchObject({ affiliation: "none", role: "participant" });
  expect(idOf(mine)).toMatch(/^[\w-]{43}$/);
  expect(idOf(mine)).not.toBe(idOf(said));
  expect(await retract(second.client, "offen", said)).toBe("forbidden");
  const own = await say(second.client, "offen", "Von der zweiten Anna");
  expect(idOf(own)).toBe(idOf(mine));
  expect(await overRest(second.id, "anna", "offen")).toEqual([
    ["Von der ersten Anna", false],
    ["Von der zweiten Anna", true],
  ]);
  expect(await retract(second.client, "offen", own)).toBe("retracted");
  const list = x("iq", { type: "get", to: api.at("eigen") }, mucAdmin.write({ items: [{ affiliation: "owner" }] }));
  expect(attr(await second.client.iq(list), "type")).toBe("error");
  // Nothing waits for an answer by that name.
  const { body } = await api.ask("get", "/rooms/offen/invitations").expect(200);
  expect(body).toMatchObject({ items: [] });
  // The nick that was kept for the other one is anybody's.
  expect(attr(await knock(ben, "rat", "Anna"), "type")).toBeUndefined();
});

it("no contacts: neither those of the other one, nor the leave to see them", async () => {
  const first = await person("cora");
  const roster = async (client: XmppClient) => {
    const answer = await client.iq(x("iq", { type: "get" }, x("query", { xmlns: NS_ROSTER })));
    return (
      answer
        .getChild("query", NS_ROSTER)
        ?.getChildren("item")
        .map(({ attrs }) => attrs) ?? []
    );
  };
  for (const client of [first.client, ben]) await client.send(x("presence"));
  // Where everyone sees everyone, the server approves by itself as soon as it knows the rule.
  await eventually(async () => {
    await first.client.send(x("presence", { type: "subscribe", to: jid("ben") }));
    const asked = ben.pending().some((each) => attr(each, "type") === "subscribe");
    if (asked) await ben.send(x("presence", { type: "subscribed", to: jid("cora") }));
    return JSON.stringify(await roster(first.client)).includes('"to"') || undefined;
  }, "the contact");
  const seen = [expect.objectContaining({ jid: jid("ben"), subscription: "to" })];
  expect(await roster(first.client)).toEqual(seen);
  await api.ask("delete", `/people/${first.id}`).expect(202);
  expect(await roster((await person("cora")).client)).toEqual([]);
  expect(await roster(ben)).not.toContainEqual(expect.objectContaining({ subscription: "from" }));
});

it("a room whose last owner is deleted stays, without one: the tenant's administrators name the next", async () => {
  const last = await person("otto");
  await make("verwaist");
  const orphans = async () => {
    const { body } = await api.ask("get", "/rooms?state=ownerless").expect(200);
    return z
      .object({ items: z.array(z.object({ name: z.string() })) })
      .parse(body)
      .items.map(({ name }) => name);
  };
  await member("verwaist", "otto", "owner");
  expect(await orphans()).not.toContain("verwaist");
  await api.ask("delete", `/people/${last.id}`).expect(202);
  const second = await person("otto");
  expect(await membersOf("verwaist")).toEqual([]);
  expect(await orphans()).toContain("verwaist");
  expect(itemOf(await knock(second.client, "verwaist", "Otto"))).toMatchObject({ affiliation: "none" });
  await member("verwaist", "ben", "owner");
  expect(await membersOf("verwaist")).toEqual([jid("ben")]);
  expect(await orphans()).not.toContain("verwaist");
});
