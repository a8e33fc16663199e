/** Invitations over REST and XMPP, and what becomes of them: where who invited finds the answer. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { type Element, NS_STANZA_ERRORS, x } from "../components/stanza.ts";
import { mucInvitation } from "../components/xep/xep-0045-invite.ts";
import { NS_MUC, NS_MUC_USER } from "../components/xep/xep-0045-muc.ts";
import type { Principal } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import type { OwnTenant } from "../test/support/own-tenant.ts";
import { tokenFor } from "../test/support/principal.ts";
import { eventually } from "../test/support/real.ts";
import { type RoomsApi, roomsApi } from "../test/support/rooms-api.ts";
import { invitationDeletion } from "./store-invitations.ts";

const principals = new Map<string, Principal>();
let api: RoomsApi;
let tenant: OwnTenant;
let ada: XmppClient;
let ben: XmppClient;

beforeAll(async () => {
  api = await roomsApi("invited");
  ({ tenant } = api);
  [ada, ben] = [await tenant.person("ada"), await tenant.person("ben")];
  const scopes = ["rooms:read", "rooms:change", "rooms:moderate"] as const;
  const person = { tenant: tenant.id, id: newId(), localpart: "ada" };
  principals.set("ada", { ...tokenFor(tenant.id, ...scopes), id: person.id, name: "Ada", person });
  principals.set("bot", { ...tokenFor(tenant.id, ...scopes), id: newId(), name: "Anmeldung" });
  principals.set("reader", { ...tokenFor(tenant.id, "rooms:read"), id: newId() });
  await tenant.person("cem");
  for (const client of [ada, ben]) {
    await client.send(x("presence"));
    await client.next((each) => each.is("presence"), "being there");
  }
}, 60_000);
afterAll(async () => {
  await api.close();
});

const at: RoomsApi["at"] = (...asked) => api.at(...asked);
const jid = (local: string) => `${local}@${tenant.domain}`;
const ask = (who: string, method: "delete" | "get" | "post" | "put", path: string, body?: object) => {
  const app = api.appFor(principals.get(who) ?? tokenFor("none"));
  const sent = request(app)[method](`/api/v1/tenants/${tenant.id}/rooms${path}`);
  sent.set("X-Reason", encodeURIComponent("Sitzung um 9"));
  return body === undefined ? sent : sent.send(body);
};
const makeRoom = async (name: string, config: object = {}) =>
  expect((await ask("bot", "post", "", { name, config })).status).toBe(201);
const invite = async (who: string, room: string, local = "ben") =>
  expect((await ask(who, "post", `/${room}/invitations`, { invite: [jid(local)] })).status).toBe(204);
const list = async (room: string, query = "") => (await ask("bot", "get", `/${room}/invitations${query}`)).body;
const letterIn = (stanza: Element, name: string) => stanza.getChild("x", NS_MUC_USER)?.getChild(name);
const invitedTo = (room: string) =>
  ben.next((each) => each.attrs.from === at(room) && letterIn(each, "invite") !== undefined, "the invitation");
const decline = (room: string, to: string, reason: string, id = newId()) =>
  ben.send(x("message", { to: at(room), id }, mucInvitation.write({ invites: [], decline: { to, reason } })));
const answered = (room: string, state: string) =>
  eventually(async () => (await list(room, `?state=${state}`)).items[0], `${state}`);

test("a person who invited over REST is told of the decline, and finds it with its reason", async () => {
  await makeRoom("rat");
  await invite("ada", "rat");
  expect(letterIn(await invitedTo("rat"), "invite")?.attrs.from).toBe(jid("ada"));
  expect(await list("rat")).toMatchObject({
    items: [{ jid: jid("ben"), inviter: jid("ada"), state: "pending", answer: null, answeredAt: null }],
    next: null,
  });
  await decline("rat", jid("ada"), "Urlaub");
  const told = await ada.next((each) => letterIn(each, "decline") !== undefined, "the decline");
  expect(letterIn(told, "decline")?.attrs.from).toBe(jid("ben"));
  expect(letterIn(told, "decline")?.getChildText("reason")).toBe("Urlaub");
  expect(await answered("rat", "declined")).toMatchObject({ answer: "Urlaub", answeredAt: expect.any(String) });

  // A second time there is nothing left to decline; a new invitation waits again.
  await decline("rat", jid("ada"), "noch einmal", "again");
  const refused = await ben.next((each) => each.attrs.id === "again", "the refusal");
  expect(refused.getChild("error")?.getChild("item-not-found")).toBeDefined();
  await invite("ada", "rat");
  expect((await list("rat")).items).toMatchObject([{ state: "pending", answer: null, answeredAt: null }]);
});

test("what a program invited is answered to nobody's chat, and found where the program looks", async () => {
  await makeRoom("amt");
  await invite("bot", "amt");
  expect(letterIn(await invitedTo("amt"), "invite")?.attrs.from).toBe(tenant.domain);
  await decline("amt", jid("ada"), "falscher Empfänger", "wrong");
  const refused = await ben.next((each) => each.attrs.id === "wrong", "the refusal");
  expect(refused.getChild("error")?.getChild("item-not-found")).toBeDefined();
  await decline("amt", tenant.domain, "Nein danke");
  expect(await answered("amt", "declined")).toMatchObject({ inviter: tenant.domain, answer: "Nein danke" });
});

test("who enters has accepted; so has a member who was welcomed", async () => {
  for (const [room, config] of [
    ["saal", {}],
    ["klub", { membersOnly: true }],
  ] as const) {
    await makeRoom(room, config);
    if (room === "saal") await invite("ada", room);
    else await ask("bot", "put", `/${room}/members/${jid("ben")}`, { affiliation: "member" });
    await invitedTo(room);
    await ben.send(x("presence", { to: at(room, "Ben") }, x("x", { xmlns: NS_MUC })));
    expect(await answered(room, "accepted")).toMatchObject({ jid: jid("ben"), answer: null });
    expect((await list(room, "?state=pending")).items).toEqual([]);
  }
});

test("invitations from inside are found there too, by pages; who may only look at rooms is refused", async () => {
  await makeRoom("innen");
  await ada.send(x("presence", { to: at("innen", "Ada") }, x("x", { xmlns: NS_MUC })));
  await ada.next((each) => each.is("message") && each.getChild("subject") !== undefined, "the subject");
  const invites = ["ben", "cem"].map((local) => ({ to: jid(local) }));
  await ada.send(x("message", { to: at("innen") }, mucInvitation.write({ invites })));
  await invitedTo("innen");
  const first = await list("innen", "?limit=1");
  expect(first.items).toMatchObject([{ jid: jid("ben"), inviter: jid("ada") }]);
  expect(await list("innen", `?limit=1&cursor=${first.next}`)).toMatchObject({
    items: [{ jid: jid("cem") }],
    next: null,
  });
  expect((await ask("reader", "get", "/innen/invitations")).status).toBe(403);
  expect((await ask("bot", "get", "/nirgends/invitations")).status).toBe(404);
});

test("one that comes back has failed, and says with what", async () => {
  await makeRoom("leer");
  await invite("bot", "leer", "niemand");
  expect(await answered("leer", "failed")).toMatchObject({
    jid: jid("niemand"),
    problem: expect.stringMatching(/^(item-not-found|service-unavailable)$/),
    answeredAt: expect.any(String),
  });
  // A message to somebody who is asked again is another one: that the first comes back says nothing of it.
  await invite("bot", "leer");
  const letter = await invitedTo("leer");
  await invite("bot", "leer");
  const again = await invitedTo("leer");
  const comesBack = (id: unknown, ...said: Element[]) =>
    ben.send(x("message", { to: at("leer"), type: "error", id: String(id) }, x("error", { type: "cancel" }, ...said)));
  await comesBack(letter.attrs.id, x("gone", { xmlns: NS_STANZA_ERRORS }));
  const text = x("text", { xmlns: NS_STANZA_ERRORS }, "Hier nimmt niemand Einladungen an");
  await comesBack(again.attrs.id, x("forbidden", { xmlns: NS_STANZA_ERRORS }), text);
  await eventually(async () => (await list("leer", "?state=failed")).items.length === 2 || undefined, "both failed");
  expect((await list("leer", "?state=failed")).items[0]).toMatchObject({
    ...{ jid: jid("ben"), problem: "forbidden", answer: "Hier nimmt niemand Einladungen an" },
  });
});

test("one is taken back with the membership that it gave, and no other", async () => {
  await makeRoom("zu", { membersOnly: true });
  const back = async (local: string) => (await ask("bot", "delete", `/zu/invitations/${jid(local)}`)).status;
  const members = async () =>
    (await ask("bot", "get", "/zu/members")).body.items.map(({ jid: each }: { jid: string }) => each);
  await ask("bot", "put", `/zu/members/${jid("cem")}`, { affiliation: "member" });
  await invite("bot", "zu");
  await invitedTo("zu");
  expect(await members()).toEqual([jid("ben"), jid("cem")]);
  expect([await back("ben"), await back("cem"), await back("dora")]).toEqual([204, 204, 404]);
  expect(await members()).toEqual([jid("cem")]);
  expect((await list("zu", "?state=withdrawn")).items).toMatchObject([
    { jid: jid("ben"), answer: null, answeredAt: expect.any(String) },
    { jid: jid("cem") },
  ]);
  expect(await back("ben")).toBe(404);
  // Nobody comes in by it, nor answers it.
  await ben.send(x("presence", { to: at("zu", "Ben") }, x("x", { xmlns: NS_MUC })));
  const out = await ben.next((each) => each.is("presence") && each.attrs.type === "error", "the refusal");
  expect(out.getChild("error")?.getChild("registration-required")).toBeDefined();
  await decline("zu", tenant.domain, "zu spät", "late");
  const refused = await ben.next((each) => each.attrs.id === "late", "the refusal");
  expect(refused.getChild("error")?.getChild("item-not-found")).toBeDefined();
  const reader = await ask("reader", "delete", `/zu/invitations/${jid("ben")}`);
  expect(reader.status).toBe(403);
});

test("they go when their time is over, with evidence that names nobody", async () => {
  await makeRoom("alt");
  await invite("ada", "alt");
  const { deleteBefore, oldest } = invitationDeletion(api.db);
  const future = new Date(Date.now() + 1_000);
  expect(await oldest([tenant.id])).toBeInstanceOf(Date);
  const gone = await deleteBefore(tenant.id, future, 100);
  expect(gone.length).toBeGreaterThan(0);
  expect(JSON.stringify(gone)).not.toContain("@");
  expect([await deleteBefore(tenant.id, future, 100), await oldest([tenant.id])]).toEqual([[], undefined]);
  expect((await list("alt")).items).toEqual([]);
});
