/** What the servers tell a tenant's presence component when it asks, and by themselves (`urn:kontor:presence:1`). */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { serverNames } from "../../cli/stack/server-kind.ts";
import { componentSecret } from "../../config/component-secret.ts";
import { openWorld, placeOf, type World } from "../faults/world.ts";
import { ComponentUnderTest, Person } from "../support/raw-clients.ts";

const nord = "amt-nord.localhost";
const presence = `presence.${nord}`;
const NS = "urn:kontor:presence:1";
let world: World;
let component: ComponentUnderTest;
let one: Person;
let other: Person;
let jids: string[];
let count = 0;

/** Asks as the component and gives the answer. */
async function ask(payload: string): Promise<string> {
  const id = `q${++count}`;
  await component.send(`<iq type='get' id='${id}' from='${presence}' to='${nord}'>${payload}</iq>`);
  const all = await component.next(`<iq[^>]*id=["']${id}["'][^>]*(?:/|>[\\s\\S]*</iq)`);
  return all.slice(all.search(new RegExp(`<iq[^>]*id=["']${id}["']`)));
}
const nextOf = (answer: string) => /<(?:sessions|contacts)[^>]* next=["']([^"']+)["']/.exec(answer)?.[1];

describe.each(serverNames)("%s", (server) => {
  beforeAll(async () => {
    world = await openWorld({ withKontor: false, server });
    const secret = componentSecret(world.stack.env.KONTOR_XMPP_SECRET ?? "", presence);
    component = await ComponentUnderTest.open(world.stack.home.ports.components, presence, secret);
    const places = [placeOf(world, 0, 0), placeOf(world, 0, 1)] as const;
    jids = places.map(({ jid }) => jid);
    one = await Person.signIn(places[0]);
    other = await Person.signIn(places[1]);
    // Who asked for the roster is told of subscriptions (RFC 6121 2.2).
    await one.sendForAnswer("<iq type='get'><query xmlns='jabber:iq:roster'/></iq>");
    for (const jid of jids) await component.next(`from=["']${jid}/test["']`);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([one?.close(), other?.close()]);
    await component?.close();
    await world?.close();
  }, 60_000);

  it("tells everybody that is online, by pages, with what they say and since when", async () => {
    const idle = "<idle xmlns='urn:xmpp:idle:1' since='2026-11-30T08:00:00Z'/>";
    await one.send(`<presence><show>away</show><status>Pause</status>${idle}<x xmlns='urn:example'/></presence>`);
    await one.allUntilNow();
    const first = await ask(`<sessions xmlns='${NS}' limit='1'/>`);
    const after = nextOf(first);
    expect(after).toBeDefined();
    const second = await ask(`<sessions xmlns='${NS}' limit='1' after='${after}'/>`);
    expect(nextOf(second)).toBeUndefined();
    const told = [first, second].map((page) => /<presence[\s\S]*<\/presence>/.exec(page)?.[0] ?? "");
    expect(told.map((each) => /from=["']([^"'/]+)/.exec(each)?.[1]).sort()).toEqual([...jids].sort());
    for (const each of told) expect(each).toMatch(/<delay[^>]*stamp=["']20/);
    const busy = told.find((each) => each.includes(`${jids[0]}/test`));
    expect(busy).toMatch(/<show>away<\/show>/);
    expect(busy).toMatch(/Pause/);
    expect(busy).toMatch(/urn:xmpp:idle:1/);
    expect(busy).not.toContain("urn:example");
  });

  it("leaves out what is too long to tell, and says so", async () => {
    await one.send(`<presence><show>xa</show><status>${"x".repeat(4_000)}</status></presence>`);
    await one.allUntilNow();
    const told = await ask(`<sessions xmlns='${NS}'/>`);
    expect(told).toMatch(/partial=["']true["'][^>]*>\s*<show>xa/);
    expect(told).not.toContain("xxxx");
    await one.send("<presence/>");
  });

  it("tells whose presence a person gets, and that it changed", async () => {
    const contacts = (jid = "") => ask(`<contacts xmlns='${NS}' local='${jid.split("@")[0]}'/>`);
    expect(await contacts(jids[0])).not.toContain("<item");
    await one.send(`<presence type='subscribe' to='${jids[1]}'/>`);
    await one.allUntilNow();
    await other.send(`<presence type='subscribed' to='${jids[0]}'/>`);
    await one.next("subscribed");
    await component.next(`<rosters[\\s\\S]*local=["']${jids[0]?.split("@")[0]}["']`);
    expect(await contacts(jids[0])).toContain(jids[1]);
    expect(await contacts(jids[1])).not.toContain("<item");
  });

  it("tells nobody else", async () => {
    for (const question of [`<sessions xmlns='${NS}'/>`, `<contacts xmlns='${NS}' local='x'/>`]) {
      expect(await one.sendForAnswer(`<iq type='get' to='${nord}'>${question}</iq>`)).toContain("forbidden");
    }
  });

  it("tells that somebody went with the connection", async () => {
    const before = component.everything.length;
    await other.close();
    await component.next(`<presence(?=[^>]*type=["']unavailable["'])[^>]*from=["']${jids[1]}/test["']`);
    expect(component.everything.slice(before)).toContain("unavailable");
    expect(await ask(`<sessions xmlns='${NS}'/>`)).not.toContain(jids[1]);
  });
});
