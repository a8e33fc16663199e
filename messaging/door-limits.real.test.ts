/** What one person may have begun at the doors of rooms, and what people of another tenant are there. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { signIn, type XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../components/stanza.ts";
import { mucJoin, NS_MUC_ADMIN } from "../components/xep/xep-0045-muc.ts";
import { NS_COMMANDS } from "../components/xep/xep-0050-commands.ts";
import { CHANNEL_SEARCH_PARAMS, channelSearch } from "../components/xep/xep-0433-channel-search.ts";
import { addPeople, localActor } from "../identity/index.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { wake } from "../platform/wake.ts";
import { type OwnTenants, ownTenants } from "../test/support/own-tenants.ts";
import { eventually, openTestDatabase, realStack, silentLog } from "../test/support/real.ts";
import { defaultRules } from "./core-rules.ts";
import { roomRulesTopic } from "./live.ts";
import { setRules } from "./store-rules.ts";

const { demo, settings } = realStack();
const db = openTestDatabase();
const redis = openRedis(settings.redis.url, silentLog);
let tenants: OwnTenants;
let here: Awaited<ReturnType<OwnTenants["create"]>>;
let ina: XmppClient;
let ben: XmppClient;
/** Of a partner, by the local part of the one who administers this tenant. */
let namesake: XmppClient;

beforeAll(async () => {
  await redisReady(redis, 5_000);
  tenants = await ownTenants();
  here = await tenants.create("grenzen");
  const there = await tenants.create("nachbar");
  await tenants.consent(here, there.domain);
  await tenants.consent(there, here.domain);
  const roles = ["tenant-administrator"] as const;
  await addPeople(db, here.id, [{ localpart: "ina", name: "Ina", roles }], newId, new Date());
  const person = async (jid: string) => {
    const password = await tenants.account(jid);
    const client = await signIn({ host: demo.xmpp.host, port: demo.xmpp.port, jid, password });
    await client.send(x("presence"));
    return client;
  };
  [ina, ben] = [await person(`ina@${here.domain}`), await person(`ben@${here.domain}`)];
  namesake = await person(`ina@${there.domain}`);
  await eventually(
    async () => ((await enter(ina, "empfang", "Ina")) === "none" ? true : undefined),
    "the rooms of the tenant",
    20_000,
  );
}, 90_000);
afterAll(async () => {
  for (const client of [ina, ben, namesake]) await client?.stop().catch(() => undefined);
  await tenants?.close();
  redis.disconnect();
  await db.close();
}, 30_000);

const rooms = () => `rooms.${here.domain}`;
const condition = (stanza: Element): string => {
  const error = stanza.getChild("error");
  return (error && childElements(error)[0]?.name) ?? "none";
};

async function enter(client: XmppClient, room: string, nick: string): Promise<string> {
  const from = `${room}@${rooms()}/${nick}`;
  await client.send(x("presence", { to: from }, mucJoin.write({})));
  return condition(await client.next((each) => each.name === "presence" && attr(each, "from") === from, nick));
}

const command = (client: XmppClient, to: string, node: string) =>
  client.iq(x("iq", { type: "set", to }, x("command", { xmlns: NS_COMMANDS, node })));

test("who administers a tenant is nobody in another one, whatever the name", async () => {
  expect(condition(await command(ina, rooms(), "urn:kontor:rooms#create"))).toBe("none");
  // Known there, as a partner's people are, and still without a say.
  const seen = () => enter(namesake, "empfang", "Gast").then((found) => (found === "none" ? true : undefined));
  await eventually(seen, "the consent", 20_000);
  expect(condition(await command(namesake, rooms(), "urn:kontor:rooms#create"))).toBe("forbidden");
  expect(condition(await command(namesake, `empfang@${rooms()}`, "urn:kontor:room#destroy"))).toBe("forbidden");
});

test("where the rules keep outsiders out, those of a partner enter as members only", async () => {
  const by = { actor: localActor("cli", "test"), now: new Date(), newId, check: () => undefined };
  await setRules(db, here.id, { rules: { ...defaultRules, guests: false }, archiveDays: null }, by);
  await wake(redis, roomRulesTopic, { tenant: here.id }, silentLog);
  await enter(ina, "intern", "Ina");
  const refused = async () => {
    const found = await enter(namesake, "intern", "Gast");
    if (found !== "none") return found;
    await namesake.send(x("presence", { to: `intern@${rooms()}/Gast`, type: "unavailable" }));
    return undefined;
  };
  expect(await eventually(refused, "the rule")).toBe("registration-required");
  const item = x("item", { affiliation: "member", jid: namesake.jid.split("/")[0] });
  const query = x("query", { xmlns: NS_MUC_ADMIN }, item);
  expect(condition(await ina.iq(x("iq", { type: "set", to: `intern@${rooms()}` }, query)))).toBe("none");
  expect(await enter(namesake, "intern", "Gast")).toBe("none");
});

/** How many of so many requests at once are refused, and how. */
async function refusals(count: number, ask: () => Promise<Element>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const answer of await Promise.all(Array.from({ length: count }, ask))) {
    counts.set(condition(answer), (counts.get(condition(answer)) ?? 0) + 1);
  }
  return counts;
}

test("commands and searches of one person are counted by the minute, and nobody else's with them", async () => {
  const begun = await refusals(70, () => command(ben, `empfang@${rooms()}`, "urn:kontor:room#kick"));
  // Not for him: what is refused anyway counts for nothing.
  expect([...begun]).toEqual([["forbidden", 70]]);
  await enter(ben, "eigen", "Ben");
  const own = await refusals(70, () => command(ben, `eigen@${rooms()}`, "urn:kontor:room#kick"));
  expect(own.get("none")).toBeLessThanOrEqual(60);
  expect([...own.keys()].sort()).toEqual(["none", "resource-constraint"]);

  const form = { type: "submit" as const, fields: [{ var: "FORM_TYPE", values: [CHANNEL_SEARCH_PARAMS] }] };
  const fields = [...form.fields, { var: "all", values: ["true"] }];
  const search = () => x("iq", { type: "get", to: rooms() }, channelSearch.write({ form: { ...form, fields } }));
  const searched = await refusals(70, () => ben.iq(search()));
  expect([...searched].sort()).toEqual([
    ["none", 60],
    ["resource-constraint", 10],
  ]);
  const told = (await ben.iq(search())).getChild("error")?.getChild("rate-limit");
  expect(Number(told?.attrs["retry-after"])).toBeGreaterThan(0);
  expect(condition(await ina.iq(search()))).toBe("none");
  expect(condition(await command(ina, rooms(), "urn:kontor:rooms#list"))).toBe("none");
  // To read the form is no search.
  expect(condition(await ben.iq(x("iq", { type: "get", to: rooms() }, channelSearch.write({}))))).toBe("none");
});

test("of one connection so many answers of others are waited for at most", async () => {
  await enter(ben, "empfang", "Ben");
  const many = Array.from({ length: 60 }, (_, index) =>
    x(
      "iq",
      { type: "get", id: `viele-${index}`, to: `empfang@${rooms()}/Ben` },
      x("query", { xmlns: "urn:ever:asked" }),
    ).toString(),
  );
  const conditions: string[] = [];
  const all = new Promise<void>((resolve) => {
    ina.onStanza((stanza) => {
      if (!attr(stanza, "id")?.startsWith("viele-")) return;
      conditions.push(condition(stanza));
      if (conditions.length === many.length) resolve();
    });
  });
  await ina.write(many.join(""));
  await all;
  // He knows no such question: that is his answer, and the others never reached him.
  expect([...new Set(conditions)].sort()).toEqual(["resource-constraint", "service-unavailable"]);
  expect(conditions.filter((each) => each === "service-unavailable").length).toBeGreaterThanOrEqual(20);
});

test("an answer through the room does not say by whom it is (RFC 6120 8.3.2)", async () => {
  await enter(ben, "empfang", "Ben");
  const asking = ina.iq(x("iq", { type: "set", to: `empfang@${rooms()}/Ben` }, x("query", { xmlns: "urn:ever:set" })));
  const asked = await ben.next((stanza) => !!stanza.getChild("query", "urn:ever:set"), "the question");
  const error = x(
    "error",
    { type: "cancel", by: ben.jid },
    x("gone", { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" }),
  );
  await ben.send(x("iq", { type: "error", to: attr(asked, "from"), id: attr(asked, "id") }, error));
  const answer = await asking;
  expect(condition(answer)).toBe("gone");
  expect(answer.toString()).not.toContain(ben.jid);
});
