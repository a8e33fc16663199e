/** Subject, picture and invitations of a room over REST, as people in the room and the audit log see them. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { type Element, x } from "../components/stanza.ts";
import { NS_MUC_USER } from "../components/xep/xep-0045-muc.ts";
import { eventually } from "../test/support/real.ts";
import { type RoomsApi, roomsApi } from "../test/support/rooms-api.ts";

const PNG = Buffer.from("\x89PNG\r\n\x1a\nrest", "latin1").toString("base64");

let api: RoomsApi;
let ada: XmppClient;
let ben: XmppClient;
beforeAll(async () => {
  api = await roomsApi("acts", "rooms:read", "rooms:change", "rooms:moderate");
  [ada, ben] = [await api.tenant.person("ada"), await api.tenant.person("ben")];
  await api.ask("post", "/rooms", { body: { name: "rat" } });
  await api.enter(ada, "rat", "Ada");
}, 60_000);
afterAll(() => api.close());

const invited = (stanza: Element) => stanza.getChild("x", NS_MUC_USER)?.getChild("invite") !== undefined;

test("a subject is told at once, stays, and is set once only", async () => {
  const set = (subject: string) => api.ask("put", "/rooms/rat/subject", { body: { subject } });
  expect((await set("Haushalt 2027")).status).toBe(204);
  const told = await ada.next((each) => each.getChildText("subject") === "Haushalt 2027", "the subject");
  expect(told.attrs).toMatchObject({ type: "groupchat", from: api.at("rat", "test") });
  expect((await set("Haushalt 2027")).status).toBe(204);
  expect((await api.ask("get", "/rooms/rat")).body.subject).toBe("Haushalt 2027");
  expect((await set("")).status).toBe(204);
  // The second one was said to nobody: the next that comes is this.
  expect((await ada.next((each) => each.getChild("subject") !== undefined, "no subject")).getChildText("subject")).toBe(
    "",
  );
  expect(await api.auditOf("room:subject")).toMatchObject([
    { reason: "Prüfung", after: "Haushalt 2027" },
    { before: "Haushalt 2027", after: "Haushalt 2027" },
    { before: "Haushalt 2027", after: "" },
  ]);
});

test("a picture is kept, told, read and taken away; what is none is refused", async () => {
  const path = "/rooms/rat/avatar";
  expect((await api.ask("get", path)).body).toEqual({ avatar: null });
  const put = (type: string, data: string) => api.ask("put", path, { body: { type, data } });
  expect((await put("image/png", Buffer.from("<svg/>").toString("base64"))).status).toBe(415);
  expect((await put("image/svg+xml", PNG)).status).toBe(415);
  expect((await put("image/png", Buffer.alloc(65_537).toString("base64"))).status).toBe(413);
  expect((await put("image/png", PNG)).status).toBe(204);
  await ada.next((each) => each.is("presence") && each.toString().includes("vcard-temp:x:update"), "the new picture");
  expect((await api.ask("get", path)).body).toEqual({ avatar: { type: "image/png", data: PNG } });
  expect((await api.ask("delete", path)).status).toBe(204);
  expect((await api.ask("get", path)).body).toEqual({ avatar: null });
  expect((await api.auditOf("room:avatar")).map(({ after }) => after)).toMatchObject([{ type: "image/png" }, null]);
});

test("who is invited is told why, and becomes a member where only members may enter", async () => {
  const invite = [`ben@${api.tenant.domain}`];
  // Letters go to devices that are there.
  await ben.send(x("presence"));
  await ben.next((each) => each.is("presence"), "being there");
  const ask = (room: string) => api.ask("post", `/rooms/${room}/invitations`, { body: { invite } });
  expect((await ask("rat")).status).toBe(204);
  const letter = await ben.next(invited, "the invitation");
  expect(letter.attrs.from).toBe(api.at("rat"));
  expect(letter.toString()).toContain("Prüfung");
  await api.ask("post", "/rooms", { body: { name: "kreis", config: { membersOnly: true } } });
  expect((await ask("kreis")).status).toBe(204);
  expect((await ben.next(invited, "the other one")).attrs.from).toBe(api.at("kreis"));
  const { items } = (await api.ask("get", "/rooms/kreis/members")).body;
  expect(items).toMatchObject([{ jid: invite[0], affiliation: "member" }]);
  await api.ask("put", `/rooms/rat/members/${invite[0]}`, { body: { affiliation: "outcast" } });
  expect((await ask("rat")).status).toBe(405);
  expect(await api.auditOf("room:invite")).toMatchObject([{ reason: "Prüfung", after: { invited: invite } }]);
});

test("a voice that was taken over REST is what the next reader finds", async () => {
  const cem = await api.tenant.person("cem");
  await api.enter(cem, "rat", "Cem");
  const list = async () => (await api.ask("get", "/rooms/rat/occupants?text=cem")).body.items;
  const [{ occupantId }] = await list();
  const path = `/rooms/rat/occupants/${occupantId}/role`;
  expect((await api.ask("put", path, { body: { role: "visitor" } })).status).toBe(204);
  await eventually(async () => (await list())[0].role === "visitor" || undefined, "the role is remembered");
  await cem.stop();
}, 60_000);

test("who is inside is paged, sorted and searched", async () => {
  for (const name of ["Anna", "anton", "Berta"]) {
    await api.enter(await api.tenant.person(name.toLowerCase()), "rat", name);
  }
  const list = async (query: string) => {
    const { items, next } = (await api.ask("get", `/rooms/rat/occupants?${query}`)).body;
    return { nicks: items.map(({ nick }: { nick: string }) => nick), next };
  };
  const first = await list("limit=3");
  expect(first.nicks).toEqual(["Ada", "Anna", "anton"]);
  expect(await list(`limit=3&cursor=${first.next}`)).toEqual({ nicks: ["Berta"], next: null });
  expect((await list("sort=-nick")).nicks).toEqual(["Berta", "anton", "Anna", "Ada"]);
  expect((await list("text=AN")).nicks).toEqual(["Anna", "anton"]);
  expect((await api.ask("get", "/rooms/rat/occupants?cursor=abc")).status).toBe(400);
}, 60_000);
