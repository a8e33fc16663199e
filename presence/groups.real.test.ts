/** Groups of a tenant in rosters: real clients, as an administrator changes people and groups over REST. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { x } from "../components/stanza.ts";
import { type GroupsWorld, groupsWorld, storedAtServer } from "../test/support/groups-world.ts";
import { eventually } from "../test/support/real.ts";
import { askRoster, setItem } from "../test/support/roster.ts";

let world: GroupsWorld;

beforeAll(async () => {
  world = await groupsWorld("gruppen");
  for (const [local, name] of Object.entries({ anna: "Anna Ahrens", bert: "Bert Boysen", cara: "Cara Claasen" })) {
    await world.add(local, name);
  }
}, 60_000);
afterAll(() => world.close(), 30_000);

test("a group appears to who is online and to who comes, follows its members, and goes", async () => {
  const anna = await world.there("anna");
  const bert = await world.there("bert");
  const group = await world.addGroup("Bauamt", ["anna", "bert", "cara"]);
  await world.pushOf(anna, "bert", "both 'Bert Boysen' [Bauamt]");
  await world.presenceOf(anna, "bert");
  await world.presenceOf(bert, "anna");
  await world.rosterIs("anna", { bert: "both 'Bert Boysen' [Bauamt]", cara: "both 'Cara Claasen' [Bauamt]" });
  const cara = await world.there("cara");
  await world.presenceOf(anna, "cara");
  await world.presenceOf(cara, "anna");

  await world.rename("cara", "Cara Dirks");
  await world.pushOf(anna, "cara", "both 'Cara Dirks' [Bauamt]");
  await world.changeGroup(group, { name: "Hochbau", roster: true });
  await world.pushOf(anna, "bert", "both 'Bert Boysen' [Hochbau]");

  await world.part(group, "bert");
  await world.pushOf(anna, "bert", "remove []");
  await world.presenceOf(anna, "bert", "unavailable");
  await world.presenceOf(bert, "anna", "unavailable");
  await world.rosterIs("bert", {});
  await world.changeGroup(group, { name: "Hochbau", roster: false });
  await world.pushOf(anna, "cara", "remove []");
  await world.rosterIs("anna", {});
  await world.removeGroup(group);
});

describe("what is a person's own", () => {
  /** What the server has stored of somebody's contacts. */
  const stored = (local: string): string => storedAtServer(world.domain, "roster", local);
  const contacts = (local: string): string[] =>
    [...stored(local).matchAll(/\["([^"@]+)@[^"]+"\] = \{/g)].map(([, each]) => each ?? "").sort();

  test("stays through a group as it was, asked subscriptions too, and nothing shared is stored", async () => {
    const anna = await world.there("anna");
    expect(await setItem(anna, world.jid("bert"), { name: "Berti", groups: ["Freunde"] })).toBeUndefined();
    await anna.send(x("presence", { type: "subscribe", to: world.jid("bert") }));
    await world.pushOf(anna, "bert", "none 'Berti' [Freunde] asked");
    const before = stored("anna");
    const group = await world.addGroup("Bauamt", ["anna", "bert", "cara"]);
    await world.pushOf(anna, "bert", "both 'Berti' [Bauamt, Freunde]");
    await world.rosterIs("anna", { bert: "both 'Berti' [Bauamt, Freunde]", cara: "both 'Cara Dirks' [Bauamt]" });
    expect(stored("anna")).toBe(before);
    await world.removeGroup(group);
    await world.pushOf(anna, "bert", "none 'Berti' [Freunde] asked");
    await world.pushOf(anna, "cara", "remove []");
    expect(stored("anna")).toBe(before);
  });

  test("is what a client writes into a contact of a group, and no more", async () => {
    const anna = await world.there("anna");
    const group = await world.addGroup("Bauamt", ["anna", "cara"]);
    await world.pushOf(anna, "cara", "both 'Cara Dirks' [Bauamt]");
    // As a client does that changes nothing.
    expect(await setItem(anna, world.jid("cara"), { name: "Cara Dirks", groups: ["Bauamt"] })).toBeUndefined();
    expect(contacts("anna")).toEqual(["bert"]);
    expect(await setItem(anna, world.jid("cara"), { name: "Chefin", groups: ["Bauamt", "Wichtig"] })).toBeUndefined();
    await world.pushOf(anna, "cara", "both 'Chefin' [Bauamt, Wichtig]");
    expect(contacts("anna")).toEqual(["bert", "cara"]);
    expect(stored("anna")).not.toContain("Bauamt");
    await world.rename("cara", "Cara Claasen");
    await world.changeGroup(group, { name: "Hochbau", roster: true });
    await world.pushOf(anna, "cara", "both 'Chefin' [Hochbau, Wichtig]");
    // What is own goes, the contact stays; then there is nothing left to be removed.
    expect(await setItem(anna, world.jid("cara"), { remove: true })).toBeUndefined();
    await world.pushOf(anna, "cara", "both 'Cara Claasen' [Hochbau]");
    expect(contacts("anna")).toEqual(["bert"]);
    expect(await setItem(anna, world.jid("cara"), { remove: true })).toBe("not-allowed");
    await world.rosterIs("anna", { bert: "none 'Berti' [Freunde] asked", cara: "both 'Cara Claasen' [Hochbau]" });
    await world.removeGroup(group);
    await world.pushOf(anna, "cara", "remove []");
    expect(await setItem(anna, world.jid("bert"), { remove: true })).toBeUndefined();
  });

  test("may end while a group holds, which shows both as before", async () => {
    const [anna, bert] = [await world.there("anna"), await world.there("bert")];
    await befriend(anna, bert);
    await world.rosterIs("anna", { bert: "both []" });
    const group = await world.addGroup("Bauamt", ["anna", "bert"]);
    await world.pushOf(anna, "bert", "both 'Bert Boysen' [Bauamt]");
    for (const type of ["unsubscribe", "unsubscribed", "subscribe", "subscribed"]) {
      await anna.send(x("presence", { type, to: world.jid("bert") }));
    }
    await anna.iq(x("iq", { type: "get", to: world.domain }, x("ping", { xmlns: "urn:xmpp:ping" })));
    await world.rosterIs("anna", { bert: "both 'Bert Boysen' [Bauamt]" });
    await world.rosterIs("bert", { anna: "both 'Anna Ahrens' [Bauamt]" });
    await anna.send(x("presence", {}, x("status", {}, "Wieder da")));
    await bert.next((each) => each.getChildText("status") === "Wieder da", "the presence of Anna");
    await world.removeGroup(group);
    await world.pushOf(anna, "bert", "none []");
    await world.presenceOf(bert, "anna", "unavailable");
    await world.rosterIs("anna", { bert: "none []" });
    await world.rosterIs("bert", { anna: "none []" });
    await setItem(anna, world.jid("bert"), { remove: true });
    await setItem(bert, world.jid("anna"), { remove: true });
  });
});

/** Each sees the other, as they say themselves. */
async function befriend(anna: XmppClient, bert: XmppClient): Promise<void> {
  const [a, b] = [anna, bert].map((each) => each.jid.replace(/\/.*/, "")) as [string, string];
  for (const [one, other, to, from] of [
    [anna, bert, b, a],
    [bert, anna, a, b],
  ] as const) {
    await one.send(x("presence", { type: "subscribe", to }));
    await other.send(x("presence", { type: "subscribed", to: from }));
  }
  await eventually(async () => {
    const found = (await askRoster(anna))?.roster[b] === "both []" && (await askRoster(bert))?.roster[a] === "both []";
    return found || undefined;
  }, "both see each other");
}

test("only active people are members; who is deleted leaves nothing, and nothing is left to who gets the name", async () => {
  const anna = await world.there("anna");
  await world.add("emil", "Emil Ernst");
  const group = await world.addGroup("Bauamt", ["anna", "bert", "emil"]);
  await world.pushOf(anna, "bert", "both 'Bert Boysen' [Bauamt]");
  await world.turn("bert", "disable");
  await world.pushOf(anna, "bert", "remove []");
  const emil = await world.there("emil");
  expect(await setItem(emil, world.jid("anna"), { name: "Änne" })).toBeUndefined();
  const gone = new Promise<void>((resolve) => emil.onClose(resolve));
  await world.remove("emil");
  await world.pushOf(anna, "emil", "remove []");
  await gone;
  await world.rosterIs("anna", {});
  await eventually(
    () =>
      world
        .add("emil", "Emilia Ernst")
        .then(() => true)
        .catch(() => undefined),
    "the name is free",
  );
  await world.rosterIs("emil", {});
  await world.join(group, "emil");
  await world.pushOf(anna, "emil", "both 'Emilia Ernst' [Bauamt]");
  await world.rosterIs("emil", { anna: "both 'Anna Ahrens' [Bauamt]" });
  await world.removeGroup(group);
});

test("all sessions of a person are told, in two groups too, and a version is never one of a roster half told", async () => {
  const [phone, desk] = [await world.there("anna"), await world.there("anna")];
  const one = await world.addGroup("Bauamt", ["anna", "cara"]);
  for (const each of [phone, desk]) await world.pushOf(each, "cara", "both 'Cara Claasen' [Bauamt]");
  const first = await askRoster(phone);
  expect(await askRoster(phone, first?.ver)).toBeUndefined();
  const two = await world.addGroup("Personalrat", ["cara", "anna"]);
  for (const each of [phone, desk]) await world.pushOf(each, "cara", "both 'Cara Claasen' [Bauamt, Personalrat]");
  const second = await askRoster(phone, first?.ver);
  expect(second?.ver).not.toBe(first?.ver);
  await world.removeGroup(one);
  for (const each of [phone, desk]) await world.pushOf(each, "cara", "both 'Cara Claasen' [Personalrat]");
  expect(await askRoster(phone, second?.ver)).toMatchObject({ roster: {} });
  const third = await askRoster(phone);
  await setItem(phone, world.jid("cara"), { name: "C" });
  await setItem(phone, world.jid("cara"), { remove: true });
  const fourth = await askRoster(phone, third?.ver);
  expect(fourth?.roster).toEqual(third?.roster);
  expect(await askRoster(desk, fourth?.ver)).toBeUndefined();
  await world.removeGroup(two);
});

test("nobody but the presence component of the tenant tells groups", async () => {
  const anna = await world.there("anna");
  const ns = "urn:kontor:groups:1";
  const attrs = { xmlns: ns, id: "g", name: "Falsch", hash: "h", part: 1, parts: 1 };
  const group = x("group", attrs, x("member", { local: "anna", name: "A" }), x("member", { local: "bert", name: "B" }));
  for (const iq of [
    x("iq", { type: "set", to: world.domain }, group),
    x("iq", { type: "get", to: world.domain }, x("groups", { xmlns: ns })),
  ]) {
    expect((await anna.iq(iq)).getChild("error")?.getChild("forbidden")).toBeDefined();
  }
  await world.rosterIs("anna", {});
});
