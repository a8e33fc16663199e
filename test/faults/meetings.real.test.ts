/** Conferences of the XMPP server make people busy: as they come and go, and whatever is killed meanwhile. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { Redis } from "ioredis";
import { signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../../components/stanza.ts";
import { loadSettings, readIfThere } from "../../config/settings.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { presenceReader } from "../../presence/index.ts";
import { eventually, silentLog } from "../support/real.ts";
import { openWorld, placeOf, type World } from "./world.ts";

const PATIENCE_MS = 60_000;
let world: World;
let redis: Redis;
let tenant = "";
let domain = "";
const clients = new Set<XmppClient>();

beforeAll(async () => {
  world = await openWorld();
  [{ id: tenant, domain } = { id: "", domain: "" }] = world.stack.demo.tenants;
  redis = openRedis(loadSettings(world.stack.env, readIfThere).redis.url, silentLog);
  await redisReady(redis, 5_000);
}, 120_000);
afterEach(async () => {
  await Promise.all([...clients].map(leave));
  await meets();
});
afterAll(async () => {
  redis?.disconnect();
  await world?.close();
}, 60_000);

async function enter(index: number, resource = "desk"): Promise<XmppClient> {
  const client = await signIn({ ...placeOf(world, 0, index), resource });
  clients.add(client);
  await client.send(x("presence"));
  return client;
}
async function leave(client: XmppClient): Promise<void> {
  clients.delete(client);
  await client.stop();
}
const localOf = (index: number) => placeOf(world, 0, index).jid.split("@")[0] ?? "";
const nickOf = (client: XmppClient) => client.jid.replace(/@.*\//, "-");
const addressIn = (room: string, client: XmppClient) => `${room}@conference.${domain}/${nickOf(client)}`;

async function join(client: XmppClient, room: string): Promise<void> {
  const to = addressIn(room, client);
  await client.send(x("presence", { to }, x("x", { xmlns: "http://jabber.org/protocol/muc" })));
  const isIn = (stanza: Element) => attr(stanza, "from") === to && attr(stanza, "type") === undefined;
  await client.next((stanza) => stanza.is("presence") && isIn(stanza), `${to} is in`);
}
const part = (client: XmppClient, room: string) =>
  client.send(x("presence", { to: addressIn(room, client), type: "unavailable" }));

/** Who of the first tenant is in a meeting, and since when. */
async function meeting(): Promise<Map<string, number>> {
  const locals = world.stack.demo.tenants[0]?.people.map(({ jid }) => jid.split("@")[0] ?? "") ?? [];
  const { since, people } = await presenceReader(redis).read(tenant, locals);
  if (since === undefined) throw new Error("presence is unknown");
  return new Map(
    [...people].flatMap(([name, { meetingSince }]) => (meetingSince === null ? [] : [[name, meetingSince]])),
  );
}
/** Waits until these people are in a meeting and nobody else. */
const meets = (...indexes: number[]) => {
  const wanted = JSON.stringify(indexes.map(localOf).sort());
  return eventually(
    async () => {
      const found = await meeting().catch(() => undefined);
      return found && JSON.stringify([...found.keys()].sort()) === wanted ? found : undefined;
    },
    `a meeting of ${wanted}`,
    PATIENCE_MS,
  );
};
/** Once this is answered, the module has told all that came before. */
const lua = (line: string) => world.stack.prosodyShell([`> ${line}`]);
const sessionOf = (client: XmppClient) => `prosody.full_sessions[${JSON.stringify(client.jid)}]`;

describe("people are in a meeting", () => {
  it("from the second participant on, until they leave, and the last with the last but one", async () => {
    const [anke, bert, cleo] = [await enter(0), await enter(1), await enter(2)];
    await join(anke, "alpha");
    await join(bert, "beta");
    await join(cleo, "alpha");
    const since = (await meets(0, 2)).get(localOf(0));
    expect(Math.abs(Date.now() - (since ?? 0))).toBeLessThan(PATIENCE_MS);
    await join(bert, "alpha");
    expect((await meets(0, 1, 2)).get(localOf(0))).toBe(since);
    await part(anke, "alpha");
    await meets(1, 2);
    await part(bert, "alpha");
    await meets();
  });

  it("in two conferences, until both are left; with two devices in one, until the last has gone", async () => {
    const [desk, phone, bert, cleo] = [await enter(0), await enter(0, "phone"), await enter(1), await enter(2)];
    await join(desk, "alpha");
    // The same person twice is no meeting yet.
    await join(phone, "alpha");
    await join(cleo, "beta");
    await join(bert, "beta");
    await meets(1, 2);
    await join(bert, "alpha");
    await meets(0, 1, 2);
    await part(bert, "beta");
    await meets(0, 1);
    await part(desk, "alpha");
    await join(cleo, "alpha");
    await meets(0, 1, 2);
    await part(phone, "alpha");
    await meets(1, 2);
  });

  it("by Jitsi's token of an account, but not by that of an unknown one, nor with who records alone", async () => {
    const [anke, bert, cleo] = [await enter(0), await enter(1), await enter(2)];
    // As Jitsi's guests: an address that is no account's, with what mod_auth_token sets for the session.
    const named = (client: XmppClient, id: string) =>
      lua(`${sessionOf(client)}.jitsi_meet_context_user = { id = ${JSON.stringify(id)} }`);
    const room = `require"core.modulemanager".get_module(${JSON.stringify(`conference.${domain}`)}, "muc").get_room_from_jid(${JSON.stringify(`alpha@conference.${domain}`)})`;
    const moveTo = (client: XmppClient, bare: string) =>
      lua(
        `(function () local o = ${room}._occupants[${JSON.stringify(addressIn("alpha", client))}]; o.bare_jid = ${JSON.stringify(bare)} end)()`,
      );
    await join(anke, "alpha");
    await join(bert, "alpha");
    await meets(0, 1);
    await named(bert, `${localOf(2)}@${domain}`);
    await moveTo(bert, `c7c9@meet.${domain}`);
    await join(cleo, "alpha");
    await part(cleo, "alpha");
    await meets(0, 2);
    await named(bert, "nobody.of.that.name");
    await join(cleo, "alpha");
    await meets(0, 2);
    await part(cleo, "alpha");
    await meets(0);
    await moveTo(bert, `jibri@recorder.${domain}`);
    await join(cleo, "alpha");
    await meets(0, 2);
    await part(cleo, "alpha");
    await meets();
  });
});

describe("whatever ends", () => {
  it("a client that is cut off leaves", async () => {
    const [anke, bert] = [await enter(0), await enter(1)];
    await join(anke, "alpha");
    await join(bert, "alpha");
    await meets(0, 1);
    clients.delete(bert);
    bert.cut();
    await meets();
  });

  it("the components are killed: the meeting goes on, with what happened meanwhile", async () => {
    const [anke, bert, cleo] = [await enter(0), await enter(1), await enter(2)];
    await join(anke, "alpha");
    await join(bert, "alpha");
    const since = (await meets(0, 1)).get(localOf(0));
    await world.stack.kill("components", "SIGKILL");
    await part(bert, "alpha");
    await join(cleo, "alpha");
    expect((await meets(0, 2)).get(localOf(0))).toBe(since);
  });

  it("the server is killed: there is no meeting, until there is one again", async () => {
    const [anke, bert] = [await enter(0), await enter(1)];
    await join(anke, "alpha");
    await join(bert, "alpha");
    await meets(0, 1);
    clients.clear();
    await world.stack.kill("prosody", "SIGKILL");
    const again = await eventually(() => enter(0).catch(() => undefined), "the server is back", PATIENCE_MS);
    await meets();
    await join(again, "alpha");
    await join(await enter(1), "alpha");
    await meets(0, 1);
  });

  it("the module is loaded anew: it tells of conferences that began before", async () => {
    const [anke, bert] = [await enter(0), await enter(1)];
    await join(anke, "alpha");
    await join(bert, "alpha");
    await meets(0, 1);
    await lua(`require"core.modulemanager".reload(${JSON.stringify(`conference.${domain}`)}, "kontor_conferences")`);
    await join(await enter(2), "alpha");
    await meets(0, 1, 2);
  });
});

describe("contacts read the activity of somebody in a meeting", () => {
  const NODE = "http://jabber.org/protocol/activity";
  const pubsub = (child: Element) => x("pubsub", { xmlns: "http://jabber.org/protocol/pubsub" }, child);
  /** The id and the activity that `reader` finds; undefined: none. */
  async function read(reader: XmppClient, owner: number): Promise<readonly [string, string] | undefined> {
    const to = placeOf(world, 0, owner).jid;
    const answer = await reader.iq(x("iq", { type: "get", to }, pubsub(x("items", { node: NODE }))));
    const items = answer.getChild("pubsub")?.getChild("items")?.getChildren("item") ?? [];
    expect(items.length).toBeLessThan(2);
    const said = items[0]?.getChild("activity", NODE);
    const path = (element: Element): string => {
      const child = childElements(element).find((each) => each.getNS() === NODE);
      return child ? `${child.name}/${path(child)}` : "";
    };
    return said && items[0] && [attr(items[0], "id") ?? "", path(said)];
  }
  async function finds(reader: XmppClient, owner: number, wanted: readonly [string, string] | undefined) {
    let found: unknown;
    const fits = async () => {
      found = await read(reader, owner);
      return JSON.stringify(found) === JSON.stringify(wanted) ? true : undefined;
    };
    await eventually(fits, "the activity", PATIENCE_MS).catch(() => expect(found).toEqual(wanted));
  }
  const inAMeeting = ["kontor-meeting", "working/in_a_meeting/"] as const;
  const publish = (client: XmppClient, id: string, general: string) => {
    const payload = x("activity", { xmlns: NODE }, x(general), x("text", {}, "Bis gleich"));
    return client.iq(x("iq", { type: "set" }, pubsub(x("publish", { node: NODE }, x("item", { id }, payload)))));
  };
  const bare = (client: XmppClient) => client.jid.split("/")[0] ?? "";
  async function isContact(reader: XmppClient, owner: XmppClient): Promise<boolean> {
    const answer = await reader.iq(x("iq", { type: "get" }, x("query", { xmlns: "jabber:iq:roster" })));
    const items = answer.getChild("query")?.getChildren("item") ?? [];
    const found = items.find((each) => attr(each, "jid") === bare(owner));
    return ["to", "both"].includes((found && attr(found, "subscription")) ?? "");
  }
  /** Lets the first see the second. */
  async function befriend(reader: XmppClient, owner: XmppClient): Promise<void> {
    if (await isContact(reader, owner)) return;
    for (const client of [reader, owner])
      await client.iq(x("iq", { type: "get" }, x("query", { xmlns: "jabber:iq:roster" })));
    await reader.send(x("presence", { type: "subscribe", to: bare(owner) }));
    const approve = async () => {
      if (await isContact(reader, owner)) return true;
      // Where the rules do not approve it; again, since the request may still be on its way.
      await owner.send(x("presence", { type: "subscribed", to: bare(reader) }));
      return undefined;
    };
    await eventually(approve, "the subscription", PATIENCE_MS);
  }

  async function threeFriends(): Promise<readonly [XmppClient, XmppClient, XmppClient]> {
    const [anke, bert, reader] = [await enter(0), await enter(1), await enter(2)];
    await befriend(reader, anke);
    return [anke, bert, reader];
  }

  it("while the meeting lasts, and the one before after it", async () => {
    const [anke, bert, reader] = await threeFriends();
    await join(anke, "alpha");
    await join(bert, "alpha");
    await finds(reader, 0, inAMeeting);
    await part(bert, "alpha");
    await finds(reader, 0, undefined);
    await publish(anke, "mine", "eating");
    await join(bert, "alpha");
    await finds(reader, 0, inAMeeting);
    await part(bert, "alpha");
    await finds(reader, 0, ["mine", "eating/"]);
  });

  it("but not in place of what the person says during the meeting", async () => {
    const [anke, bert, reader] = await threeFriends();
    await join(anke, "alpha");
    await join(bert, "alpha");
    await finds(reader, 0, inAMeeting);
    await publish(anke, "other", "relaxing");
    await part(bert, "alpha");
    await finds(bert, 1, undefined);
    await meets();
    expect(await read(reader, 0)).toEqual(["other", "relaxing/"]);
  });

  it("again when the next meeting follows at once, whatever the person said in between", async () => {
    const [anke, bert, reader] = await threeFriends();
    await join(anke, "alpha");
    await join(bert, "alpha");
    await finds(reader, 0, inAMeeting);
    await part(bert, "alpha");
    await meets();
    await publish(anke, "between", "drinking");
    await join(bert, "alpha");
    await finds(reader, 0, inAMeeting);
    await part(bert, "alpha");
    await finds(reader, 0, ["between", "drinking/"]);
  });

  it("no more when the meeting ended while the components or the server were killed, and when Redis has forgotten", async () => {
    const [anke, bert, reader] = await threeFriends();
    await publish(anke, "other", "relaxing");
    const begin = async () => {
      await join(anke, "alpha");
      await join(bert, "alpha");
      await finds(reader, 0, inAMeeting);
    };
    await begin();
    await world.stack.kill("components", "SIGKILL");
    await part(anke, "alpha");
    await part(bert, "alpha");
    await finds(reader, 0, ["other", "relaxing/"]);
    await begin();
    await redis.flushall();
    await world.stack.kill("components", "SIGKILL");
    await part(anke, "alpha");
    await part(bert, "alpha");
    await finds(reader, 0, ["other", "relaxing/"]);
    await begin();
    clients.clear();
    await world.stack.kill("prosody", "SIGKILL");
    const again = await eventually(() => enter(2).catch(() => undefined), "the server is back", PATIENCE_MS);
    await finds(again, 0, ["other", "relaxing/"]);
  });
});

it("nobody but the presence component is told who is in conferences", async () => {
  const anke = await enter(0);
  const question = x("conferences", { xmlns: "urn:kontor:conferences:1" });
  const answer = await anke.iq(x("iq", { type: "get", to: `conference.${domain}` }, question));
  expect(answer.getChild("error")?.getChild("forbidden")).toBeTruthy();
});

it("what a client forges is no meeting", async () => {
  const anke = await enter(0);
  const told = `<joined local='${localOf(1)}' since='1'/>`;
  const forged = `<conference xmlns='urn:kontor:conferences:1' epoch='x' seq='1' room='r' since='1'>${told}</conference>`;
  for (const from of ["", `from='conference.${domain}'`, `from='r@conference.${domain}'`]) {
    await anke.write(`<message ${from} to='presence.${domain}'>${forged}</message>`);
  }
  await join(anke, "alpha");
  await join(await enter(2), "alpha");
  await meets(0, 2);
});
