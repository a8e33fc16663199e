/** People look for each other with any client: in the directory (XEP-0055) and by vCards, over two tenants that agree. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { signIn, type XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, type Element, x } from "../components/stanza.ts";
import { discoItems, NS_DISCO_INFO, NS_DISCO_ITEMS } from "../components/xep/xep-0030-service-discovery.ts";
import { NS_SEARCH, peopleSearch, type SearchField } from "../components/xep/xep-0055-search.ts";
import { newId } from "../platform/ids.ts";
import { type Audience, defaultPresenceRules, type PresenceRules } from "../presence/core-visibility.ts";
import { type OwnTenants, ownTenants } from "./support/own-tenants.ts";
import { eventually, openTestDatabase, realStack } from "./support/real.ts";

const { demo } = realStack();
const owner = openTestDatabase("owner");
const NS_VCARD_4 = "urn:ietf:params:xml:ns:vcard-4.0";
const NS_PUBSUB = "http://jabber.org/protocol/pubsub";
const names = ["Ada Lovelace", "Grace Hopper", "Grace Murray 100%", "Lise Meitner", "Emmy"];
const locals = ["ada", "grace", "murray", "lise", "emmy_n"];
const ids = locals.map(() => newId());
let tenants: OwnTenants;
let home: { readonly id: string; readonly domain: string };
let away: { readonly id: string; readonly domain: string };
let ada: XmppClient;
let lise: XmppClient;
let foreign: XmppClient;

interface Tables {
  person: {
    tenant_id: string;
    id: string;
    localpart: string;
    name: string;
    roles: string[];
    status: string;
    email: string | null;
    created_at: Date;
  };
  person_group: { tenant_id: string; id: string; name: string; roster: boolean; created_at: Date };
  group_member: { tenant_id: string; group_id: string; person_id: string };
  presence_rules: { tenant_id: string; version: number; rules: string; updated_at: Date };
  person_presence: { tenant_id: string; person_id: string; version: number; audience: Audience | null };
}

async function enter(local: string, domain: string): Promise<XmppClient> {
  const { host, port } = demo.xmpp;
  const jid = `${local}@${domain}`;
  const client = await signIn({ host, port, jid, password: await tenants.account(jid) });
  await client.send(x("presence"));
  return client;
}
const common = () => owner.common<Tables>();
async function rule(rules: Partial<PresenceRules>): Promise<void> {
  const row = { version: 1, rules: JSON.stringify({ ...defaultPresenceRules, ...rules }), updated_at: new Date() };
  await common()
    .insertInto("presence_rules")
    .values({ tenant_id: home.id, ...row })
    .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet(row))
    .execute();
}
async function hide(local: string, audience: Audience | null): Promise<void> {
  const row = { version: 1, audience };
  await common()
    .insertInto("person_presence")
    .values({ tenant_id: home.id, person_id: ids[locals.indexOf(local)] ?? "", ...row })
    .onConflict((conflict) => conflict.columns(["tenant_id", "person_id"]).doUpdateSet(row))
    .execute();
}

beforeAll(async () => {
  tenants = await ownTenants();
  [home, away] = [await tenants.create("suche"), await tenants.create("fremd")];
  await tenants.consent(home, away.domain);
  await tenants.consent(away, home.domain);
  const rows = locals.map((localpart, index) => ({
    tenant_id: home.id,
    id: ids[index] ?? "",
    localpart,
    name: names[index] ?? "",
    roles: ["user"],
    status: "active",
    email: `${localpart}@mail.example`,
    created_at: new Date(),
  }));
  const more = Array.from({ length: 60 }, (_, index) => ({
    ...{ tenant_id: home.id, id: newId(), localpart: `viele${index}`, name: `Viele ${index}`, roles: ["user"] },
    ...{ status: index === 59 ? "disabled" : "active", email: null, created_at: new Date() },
  }));
  await common()
    .insertInto("person")
    .values([...rows, ...more])
    .execute();
  const [shown, secret] = [newId(), newId()];
  const group = { tenant_id: home.id, created_at: new Date() };
  await common()
    .insertInto("person_group")
    .values([
      { ...group, id: shown, name: "Rechenzentrum", roster: true },
      { ...group, id: secret, name: "Leitung", roster: false },
    ])
    .execute();
  const member = (group_id: string, index: number) => ({ tenant_id: home.id, group_id, person_id: ids[index] ?? "" });
  await common()
    .insertInto("group_member")
    .values([member(shown, 1), member(secret, 3)])
    .execute();
  [ada, lise, foreign] = [
    await enter("ada", home.domain),
    await enter("lise", home.domain),
    await enter("eve", away.domain),
  ];
  for (const client of [ada, foreign]) await served(client);
}, 60_000);
afterAll(async () => {
  for (const client of [ada, lise, foreign]) await client?.stop();
  await tenants?.close();
  await owner.close();
}, 60_000);

const ask = (client: XmppClient, type: "get" | "set", child: Element, to = `presence.${home.domain}`, lang = "en") =>
  client.iq(x("iq", { type, to, "xml:lang": lang }, child));
/** Until the components serve the tenant and its partner. */
const served = (client: XmppClient) =>
  eventually(async () => {
    const answer = await ask(client, "get", x("query", { xmlns: NS_DISCO_INFO }));
    return attr(answer, "type") === "result" || undefined;
  }, "the presence domain");
const conditionOf = (answer: Element) =>
  answer
    .getChild("error")
    ?.children.flatMap((child) => (typeof child === "object" && child.name !== "text" ? [child.name] : []))[0];

/** The local parts found, or the condition of the error. */
async function find(client: XmppClient, fields: Partial<Record<SearchField, string>>): Promise<unknown> {
  const answer = await ask(client, "set", peopleSearch.write(fields));
  const query = answer.getChild("query", NS_SEARCH);
  return query && attr(answer, "type") === "result"
    ? (peopleSearch
        .read(query)
        .items?.map(({ nick }) => nick)
        .sort() ?? [])
    : conditionOf(answer);
}
async function findByForm(client: XmppClient, fields: Record<string, string>) {
  const given = Object.entries({ FORM_TYPE: NS_SEARCH, ...fields }).map(([name, value]) => ({
    var: name,
    values: [value],
  }));
  const answer = await ask(client, "set", peopleSearch.write({ form: { type: "submit", fields: given } }));
  const query = answer.getChild("query", NS_SEARCH);
  return query && attr(answer, "type") === "result" ? peopleSearch.read(query) : conditionOf(answer);
}

describe("the directory", () => {
  it("is found by clients: by the host's items, with its feature and its fields", async () => {
    const items = (await ask(ada, "get", x("query", { xmlns: NS_DISCO_ITEMS }), home.domain)).getChild("query");
    expect(items && discoItems.read(items).items.map(({ jid }) => jid)).toContain(`presence.${home.domain}`);
    const info = (await ask(ada, "get", x("query", { xmlns: NS_DISCO_INFO }))).getChild("query");
    expect(info?.getChildren("feature").map((each) => attr(each, "var"))).toContain(NS_SEARCH);
    const offered = async (lang: string) => {
      const query = (await ask(ada, "get", x("query", { xmlns: NS_SEARCH }), undefined, lang)).getChild("query");
      return query && peopleSearch.read(query);
    };
    const offer = await offered("en");
    expect(offer).toMatchObject({ first: "", last: "", nick: "", email: "", form: { type: "form" } });
    const group = offer?.form?.fields.find((each) => each.var === "x-group");
    expect(group?.options?.map(({ label }) => label)).toEqual(["Rechenzentrum"]);
    expect((await offered("de"))?.form?.title).toBe("Personen suchen");
  });

  it("finds by beginnings of names and local parts, the whole address of mail, and groups shown in rosters", async () => {
    expect(await find(ada, { first: "gra" })).toEqual(["grace", "murray"]);
    expect(await find(ada, { first: "Grace", last: "hop" })).toEqual(["grace"]);
    expect(await find(ada, { last: "race" })).toEqual([]);
    expect(await find(ada, { nick: "MURR" })).toEqual(["murray"]);
    expect(await find(ada, { email: "Lise@mail.example" })).toEqual(["lise"]);
    expect(await find(ada, { email: "lise@mail" })).toEqual([]);
    expect(await findByForm(ada, { "x-group": "rechenzentrum" })).toMatchObject({
      items: [{ jid: `grace@${home.domain}`, first: "Grace", last: "Hopper", nick: "grace" }],
      form: { type: "result", items: [[{ values: [`grace@${home.domain}`] }, {}, {}, {}]] },
    });
    expect(await findByForm(ada, { "x-group": "Leitung" })).not.toHaveProperty("items");
  });

  it("shows fifty of more, and says that there are more", async () => {
    const found = await findByForm(lise, { first: "viele" });
    expect(found).toMatchObject({ form: { title: expect.stringContaining("more than 50") } });
    expect(typeof found === "object" && found.items?.length).toBe(50);
    expect(await find(lise, { nick: "viele59" })).toEqual([]);
  });

  it.each([
    ["nothing", {}],
    ["one letter", { first: "a" }],
    ["a wildcard", { first: "**", last: "%" }],
    ["too much", { first: "x".repeat(500) }],
    ["a control character", { first: "ab\tcd" }],
  ])("does not search for %s", async (_what, fields) => {
    expect(await find(lise, fields)).toBe("bad-request");
  });

  it("takes what stands for anything elsewhere as it is written", async () => {
    expect(await find(lise, { first: "gra*" })).toEqual(["grace", "murray"]);
    expect(await find(lise, { first: "g_ace" })).toEqual([]);
    expect(await find(lise, { last: "' or 1=1 --" })).toEqual([]);
    expect(await find(lise, { nick: "emmy_" })).toEqual(["emmy_n"]);
  });

  it("does not find who is seen by nobody, and is for partners where the rule shows people to them", async () => {
    expect(await find(foreign, { first: "gra" })).toBe("forbidden");
    await rule({ partners: "nobody" });
    expect(await find(foreign, { first: "gra" })).toBe("forbidden");
    await rule({ partners: "everyone" });
    expect(await find(foreign, { first: "gra" })).toEqual(["grace", "murray"]);
    expect(await findByForm(foreign, { "x-group": "Rechenzentrum" })).toBe("forbidden");
    await hide("grace", "contacts");
    expect(await find(foreign, { first: "gra" })).toEqual(["murray"]);
    expect(await find(lise, { first: "gra" })).toEqual(["grace", "murray"]);
    await hide("grace", "nobody");
    expect(await find(lise, { first: "gra" })).toEqual(["murray"]);
    await hide("grace", null);
    await rule({});
  });
});

describe("a vCard", () => {
  const items = (node: string) => x("pubsub", { xmlns: NS_PUBSUB }, x("items", { node }));
  /** The name and the organisation in each of its forms; undefined where there is none. */
  async function cardOf(client: XmppClient, local: string) {
    const to = `${local}@${home.domain}`;
    const temp = (await ask(client, "get", x("vCard", { xmlns: "vcard-temp" }), to)).getChild("vCard");
    const four = (await ask(client, "get", x("vcard", { xmlns: NS_VCARD_4 }), to)).getChild("vcard", NS_VCARD_4);
    const answer = await ask(client, "get", items("urn:xmpp:vcard4"), to);
    const item = answer.getChild("pubsub")?.getChild("items")?.getChild("item")?.getChild("vcard", NS_VCARD_4);
    const named = (card: Element | undefined) =>
      card && [card.getChild("fn")?.getChildText("text"), card.getChild("org")?.getChildText("text")];
    return {
      temp: temp?.getChildText("FN")
        ? [temp.getChildText("FN"), temp.getChild("ORG")?.getChildText("ORGNAME")]
        : undefined,
      four: named(four),
      item: named(item),
    };
  }
  const all = (card: readonly unknown[] | undefined) => ({ temp: card, four: card, item: card });

  it("of the directory is there for who has none, also for himself", async () => {
    await tenants.account(`grace@${home.domain}`);
    expect(await cardOf(ada, "grace")).toEqual(all(["Grace Hopper", "suche"]));
    expect(await cardOf(ada, "ada")).toEqual(all(["Ada Lovelace", "suche"]));
  });

  it("of one's own stays", async () => {
    const own = x("vcard", { xmlns: NS_VCARD_4 }, x("fn", {}, x("text", {}, "Dr. Lise Meitner")));
    const set = x(
      "pubsub",
      { xmlns: NS_PUBSUB },
      x("publish", { node: "urn:xmpp:vcard4" }, x("item", { id: "current" }, own)),
    );
    expect(attr(await lise.iq(x("iq", { type: "set" }, set)), "type")).toBe("result");
    expect(await cardOf(lise, "lise")).toEqual({
      temp: ["Dr. Lise Meitner", undefined],
      four: ["Dr. Lise Meitner", undefined],
      item: ["Dr. Lise Meitner", undefined],
    });
  });

  it("of the directory is not for those who must not see", async () => {
    await tenants.account(`murray@${home.domain}`);
    await tenants.account(`emmy_n@${home.domain}`);
    expect(await cardOf(foreign, "murray")).toEqual(all(undefined));
    await rule({ partners: "everyone" });
    expect(await cardOf(foreign, "emmy_n")).toEqual(all(["Emmy", "suche"]));
    await hide("murray", "nobody");
    expect(await cardOf(ada, "murray")).toEqual(all(undefined));
    await rule({});
    expect(await cardOf(ada, "nobody.there")).toEqual(all(undefined));
  });

  it("is there for all of many that are looked at at once", async () => {
    const all = Array.from({ length: 400 }, (_, index) => `viele${index % 59}`);
    for (const local of new Set(all)) await tenants.account(`${local}@${home.domain}`);
    const names = all.map(async (local) => {
      const to = `${local}@${home.domain}`;
      return (await ask(ada, "get", x("vCard", { xmlns: "vcard-temp" }), to)).getChild("vCard")?.getChildText("FN");
    });
    expect(await Promise.all(names)).toEqual(all.map((local) => local.replace("viele", "Viele ")));
  });

  it("is what the host asks for: questions of clients are refused", async () => {
    const person = x("person", { local: "grace", viewer: `ada@${home.domain}` });
    const question = x("people", { xmlns: "urn:kontor:directory:1" }, person);
    expect(conditionOf(await ask(ada, "get", question))).toBe("forbidden");
    expect(conditionOf(await ask(foreign, "get", question))).toBe("forbidden");
  });
});

it("who searches without end has to wait", async () => {
  const found: unknown[] = [];
  for (let n = 0; n < 25; n += 1) found.push(await find(lise, { nick: "emmy" }));
  expect(found.at(-1)).toBe("resource-constraint");
  expect(await find(ada, { nick: "emmy" })).toEqual(["emmy_n"]);
});
