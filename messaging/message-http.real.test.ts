/** Talk in rooms over REST, by people and bots, beside clients who are inside. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import request from "supertest";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, type Element, x } from "../components/stanza.ts";
import { NS_MUC } from "../components/xep/xep-0045-muc.ts";
import type { Principal } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import type { OwnTenant } from "../test/support/own-tenant.ts";
import { tokenFor } from "../test/support/principal.ts";
import { type RoomsApi, roomsApi } from "../test/support/rooms-api.ts";

const principals = new Map<string, Principal>();
let api: RoomsApi;
let tenant: OwnTenant;
let ada: XmppClient;

beforeAll(async () => {
  api = await roomsApi("talk-http");
  ({ tenant } = api);
  ada = await tenant.person("ada");
  const scopes = ["messages:read", "messages:write"] as const;
  for (const local of ["ben", "cem"]) {
    const person = { tenant: tenant.id, id: newId(), localpart: local };
    principals.set(local, { ...tokenFor(tenant.id, ...scopes), id: person.id, name: `${local} Muster`, person });
  }
  principals.set("bot", { ...tokenFor(tenant.id, ...scopes), id: newId(), name: "Wetterdienst" });
  principals.set("other", { ...tokenFor("elsewhere", ...scopes), id: newId() });
}, 60_000);
afterAll(async () => {
  await api.close();
});

const at: RoomsApi["at"] = (...asked) => api.at(...asked);
async function enter(room: string): Promise<void> {
  await ada.send(x("presence", { to: at(room, "Ada") }, x("x", { xmlns: NS_MUC })));
  await ada.next(({ name, attrs, children }) => {
    const subject = children.some((child) => typeof child === "object" && child.name === "subject");
    return name === "message" && subject && String(attrs.from).startsWith(at(room));
  }, "the subject of the room");
}
const heard = (room: string, holds: (stanza: Element) => boolean) =>
  ada.next(
    (stanza) => stanza.name === "message" && attr(stanza, "from")?.startsWith(at(room)) === true && holds(stanza),
    "a message",
  );
const ask = (who: string, method: "get" | "post" | "put" | "delete", path: string, body?: object) => {
  const app = api.appFor(principals.get(who) ?? tokenFor("none"));
  const sent = request(app)[method](`/api/v1/tenants/${tenant.id}/rooms/${path}`);
  return body === undefined ? sent : sent.send(body);
};
const say = async (who: string, room: string, body: string): Promise<string> => {
  const { status, body: answer } = await ask(who, "post", `${room}/messages`, { body });
  expect([status, answer]).toEqual([201, { id: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
  return answer.id;
};

describe("people and bots who are not inside", () => {
  test("say something, correct it, react and take it back, and everybody inside sees it", async () => {
    await enter("plenum");
    const said = heard("plenum", (stanza) => stanza.getChildText("body") === "Moin");
    const id = await say("ben", "plenum", "Moin");
    expect((await said).attrs).toMatchObject({ from: at("plenum", "ben Muster"), type: "groupchat" });
    expect((await said).getChildren("stanza-id").map((each) => each.attrs.id)).toEqual([id]);

    const corrected = heard("plenum", (stanza) => stanza.getChildText("body") === "Moin, moin");
    const correction = await ask("ben", "put", `plenum/messages/${id}`, { body: "Moin, moin" });
    expect(correction.status).toBe(200);
    expect((await corrected).getChild("replace")?.attrs.id).toBe((await said).attrs.id);

    const reacted = heard("plenum", (stanza) => stanza.getChild("reactions") !== undefined);
    expect((await ask("bot", "put", `plenum/messages/${id}/reactions`, { emojis: ["👍"] })).status).toBe(200);
    expect((await reacted).attrs.from).toBe(at("plenum", "Wetterdienst"));
    expect((await reacted).getChild("reactions")?.attrs.id).toBe(id);

    // Nobody else's to correct or to take back.
    expect((await ask("cem", "put", `plenum/messages/${id}`, { body: "nein" })).status).toBe(403);
    expect((await ask("cem", "delete", `plenum/messages/${id}`)).status).toBe(403);
    const retracted = heard("plenum", (stanza) => stanza.getChild("retract") !== undefined);
    expect((await ask("ben", "delete", `plenum/messages/${id}`)).status).toBe(204);
    expect((await retracted).getChild("retract")?.attrs.id).toBe(id);
    expect((await ask("ben", "delete", `plenum/messages/${id}`)).status).toBe(410);

    const { body } = await ask("ben", "get", "plenum/messages");
    expect(body.items).toMatchObject([
      { id, nick: "ben Muster", mine: true, body: null, retracted: true },
      { mine: true, body: null, retracted: true },
      { nick: "Wetterdienst", mine: false, reactions: { to: id, emojis: ["👍"] } },
      { mine: true, retracts: id },
    ]);
  });

  test("who runs a room takes back what others said in it, with a reason that all are told", async () => {
    await enter("leitung");
    const person = { tenant: tenant.id, id: newId(), localpart: "ada" };
    principals.set("owner", { ...tokenFor(tenant.id, "messages:write"), id: person.id, name: "Ada", person });
    const id = await say("ben", "leitung", "Unfug");
    expect((await ask("cem", "delete", `leitung/messages/${id}`).set("X-Reason", "weg")).status).toBe(403);
    expect((await ask("owner", "delete", `leitung/messages/${id}`)).status).toBe(400);
    const moderated = heard("leitung", (stanza) => stanza.getChild("retract")?.getChild("moderated") !== undefined);
    expect((await ask("owner", "delete", `leitung/messages/${id}`).set("X-Reason", "Beleidigung")).status).toBe(204);
    const told = (await moderated).getChild("retract");
    expect([told?.attrs.id, told?.getChildText("reason")]).toEqual([id, "Beleidigung"]);
    expect((await ask("cem", "get", "leitung/messages")).body.items).toMatchObject([
      { id, body: null, retracted: true },
      { retracts: id },
    ]);
    // Nobody else takes back what the owner says.
    const elsewhere = await ask("owner", "post", "leitung/messages", { body: "Danke" });
    expect((await ask("ben", "delete", `leitung/messages/${elsewhere.body.id}`)).status).toBe(403);
  });

  test("a bot takes back its own words, and not those of another one", async () => {
    await enter("bots");
    principals.set("bot2", { ...tokenFor(tenant.id, "messages:write"), id: newId(), name: "Zähler" });
    const id = await say("bot", "bots", "12 °C");
    expect((await ask("bot2", "delete", `bots/messages/${id}`)).status).toBe(403);
    expect((await ask("bot", "delete", `bots/messages/${id}`)).status).toBe(204);
  });

  test("read page by page, both ways", async () => {
    await enter("pages");
    const ids = [];
    for (const word of ["eins", "zwei", "drei", "vier", "fünf"]) ids.push(await say("ben", "pages", word));
    const page = async (cursor?: string | null) =>
      (await ask("cem", "get", `pages/messages?limit=2${cursor ? `&cursor=${cursor}` : ""}`)).body;
    const words = ({ items }: { items: { body: string }[] }) => items.map(({ body }) => body);
    const last = await page();
    const middle = await page(last.older);
    const first = await page(middle.older);
    expect([words(last), words(middle), words(first), first.older]).toEqual([
      ["vier", "fünf"],
      ["zwei", "drei"],
      ["eins"],
      null,
    ]);
    expect(words(await page(first.newer))).toEqual(["zwei", "drei"]);
    const end = await page(last.newer);
    expect(words(end)).toEqual([]);
    await say("ben", "pages", "sechs");
    expect(words(await page(end.newer))).toEqual(["sechs"]);
  });

  test("meet the rules of the room: bans, closed rooms, voice, names of others, what there is not", async () => {
    await enter("rules");
    const affiliate = async (jid: string, affiliation: string) => {
      const item = x("item", { jid, affiliation });
      const query = x("query", { xmlns: "http://jabber.org/protocol/muc#admin" }, item);
      expect((await ada.iq(x("iq", { type: "set", to: at("rules") }, query))).attrs.type).toBe("result");
    };
    const cem = principals.get("cem");
    if (cem) principals.set("Ada", { ...cem, name: "Ada" });
    const shown = heard("rules", (stanza) => stanza.getChildText("body") === "Ich bin nicht Ada");
    await say("Ada", "rules", "Ich bin nicht Ada");
    expect((await shown).attrs.from).not.toBe(at("rules", "Ada"));
    await affiliate(`ben@${tenant.domain}`, "outcast");
    expect((await ask("ben", "post", "rules/messages", { body: "Hallo" })).status).toBe(403);
    expect((await ask("ben", "get", "rules/messages")).status).toBe(403);
    const form = x(
      "x",
      { xmlns: "jabber:x:data", type: "submit" },
      x("field", { var: "FORM_TYPE" }, x("value", {}, "http://jabber.org/protocol/muc#roomconfig")),
      x("field", { var: "muc#roomconfig_membersonly" }, x("value", {}, "1")),
      x("field", { var: "muc#roomconfig_moderatedroom" }, x("value", {}, "1")),
    );
    const config = x("query", { xmlns: "http://jabber.org/protocol/muc#owner" }, form);
    expect((await ada.iq(x("iq", { type: "set", to: at("rules") }, config))).attrs.type).toBe("result");
    expect((await ask("cem", "post", "rules/messages", { body: "Hallo" })).status).toBe(403);
    expect((await ask("cem", "get", "rules/messages")).status).toBe(403);
    expect((await ask("bot", "post", "rules/messages", { body: "Hallo" })).status).toBe(403);
    await affiliate(`cem@${tenant.domain}`, "member");
    await say("cem", "rules", "Hallo");
    expect((await ask("cem", "get", "rules/messages")).status).toBe(200);

    expect((await ask("cem", "post", "nowhere/messages", { body: "Hallo" })).status).toBe(404);
    expect((await ask("cem", "put", `rules/messages/${newId()}`, { body: "Hallo" })).status).toBe(404);
    expect((await ask("cem", "post", "rules/messages", { body: " \n" })).status).toBe(400);
    expect((await ask("cem", "post", "rules/messages", { body: "a\u0007b" })).status).toBe(400);
    expect((await ask("other", "get", "rules/messages")).status).toBe(404);
  });
});
