/** The quotas that people meet in rooms: how many there may be, and how much is said in a minute. */
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../components/stanza.ts";
import { NS_MUC } from "../components/xep/xep-0045-muc.ts";
import { findRoom, putInbox, readLog, roomInboxTopic } from "../messaging/index.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { wake } from "../platform/wake.ts";
import { type OwnTenant, ownTenant } from "./support/own-tenant.ts";
import { eventually, openTestDatabase, realStack, silentLog } from "./support/real.ts";

const db = openTestDatabase();
const redis = openRedis(realStack().settings.redis.url, silentLog);
let tenant: OwnTenant;

afterEach(() => tenant.close());
afterAll(async () => {
  redis.disconnect();
  await db.close();
});

const error = (stanza: Element) => {
  const [condition, text] = childElements(stanza.getChild("error") ?? x("none"));
  return { type: stanza.getChild("error")?.attrs.type, condition: condition?.name, text: text?.getText() };
};

/** Joins a room and gives the answer: its own presence, or an error. */
async function enter(client: XmppClient, room: string): Promise<Element> {
  const from = `${room}@rooms.${tenant.domain}/${client.jid.split("@")[0]}`;
  await client.send(x("presence", { to: from }, x("x", { xmlns: NS_MUC })));
  return client.next((stanza) => stanza.name === "presence" && attr(stanza, "from") === from, `entering ${room}`);
}

/** Says something and gives what comes back: the message as reflected, or an error. */
async function say(client: XmppClient, room: string, text: string): Promise<Element> {
  const id = newId();
  await client.send(x("message", { to: `${room}@rooms.${tenant.domain}`, type: "groupchat", id }, x("body", {}, text)));
  return client.next((stanza) => stanza.name === "message" && attr(stanza, "id") === id, `the fate of ${text}`);
}

describe("rooms", () => {
  it("are made up to the limit; a full quota closes no room that is there, and what is freed can be used", async () => {
    tenant = await ownTenant("quota-rooms", { rooms: 1 });
    const [ada, ben] = [await tenant.person("ada"), await tenant.person("ben")];
    expect(attr(await enter(ada, "eins"), "type")).toBeUndefined();
    const refused = await enter(ada, "zwei");
    expect(error(refused)).toMatchObject({ type: "wait", condition: "resource-constraint" });
    expect(error(refused).text).toMatch(/quota rooms of 1 is reached \(1 in use/);
    expect(attr(await enter(ben, "eins"), "type")).toBeUndefined();
    expect((await tenant.usage()).rooms).toEqual({ limit: 1, used: 1 });

    await tenant.setQuotas({ rooms: 2 });
    // Both ask at once for the last place.
    const both = await Promise.all([enter(ada, "drei"), enter(ben, "vier")]);
    expect(both.filter((stanza) => attr(stanza, "type") === "error")).toHaveLength(1);
    expect((await tenant.usage()).rooms).toEqual({ limit: 2, used: 2 });

    await tenant.setQuotas({ rooms: 3 });
    // Both ask at once for the same new room in the last place: it is one room, and both are in it.
    const same = await Promise.all([enter(ada, "fuenf"), enter(ben, "fuenf")]);
    expect(same.map((stanza) => attr(stanza, "type"))).toEqual([undefined, undefined]);

    expect(error(await enter(ada, "sechs")).condition).toBe("resource-constraint");
    await db.withTenants([tenant.id], async (trx: Transaction<unknown>) => {
      await sql`delete from room where tenant_id = ${tenant.id} and name in ('drei', 'vier')`.execute(trx);
    });
    expect(attr(await enter(ada, "sechs"), "type")).toBeUndefined();
  });
});

describe("messages of a minute", () => {
  it("are taken up to the limit; then the sender is told when to try again, until the quota is raised", async () => {
    tenant = await ownTenant("quota-minute", { messagesPerMinute: 3 });
    const ada = await tenant.person("ada");
    await enter(ada, "flur");
    // The components hear of a tenant's quota within seconds, as of the tenant itself.
    for (const text of ["a", "b", "c"]) expect(attr(await say(ada, "flur", text), "type")).toBe("groupchat");
    const refused = await say(ada, "flur", "d");
    expect(error(refused)).toMatchObject({ type: "wait", condition: "resource-constraint" });
    expect(error(refused).text).toMatch(/quota messagesPerMinute of 3 is reached: try again in \d+ s/);
    // Typing is no message.
    const typing = x("composing", { xmlns: "http://jabber.org/protocol/chatstates" });
    const id = newId();
    await ada.send(x("message", { to: `flur@rooms.${tenant.domain}`, type: "groupchat", id }, typing));
    const shown = await ada.next((stanza) => attr(stanza, "id") === id, "typing");
    expect(attr(shown, "type")).toBe("groupchat");
    await eventually(
      async () => ((await tenant.usage()).messagesPerMinute?.used === 3 ? true : undefined),
      "the figure",
    );

    await tenant.setQuotas({ messagesPerMinute: 4 });
    const later = await eventually(async () => {
      const answer = await say(ada, "flur", "e");
      return attr(answer, "type") === "error" ? undefined : answer;
    }, "the raised quota");
    expect(later.getChildText("body")).toBe("e");
    expect(error(await say(ada, "flur", "f")).condition).toBe("resource-constraint");
  });

  it("from other networks wait in order and are all taken later", async () => {
    tenant = await ownTenant("quota-inbox", { messagesPerMinute: 2 });
    const ada = await tenant.person("ada");
    await enter(ada, "flur");
    const room = await findRoom(db, tenant.id, "flur");
    if (!room) throw new Error("no room");
    await redisReady(redis, 5_000);
    const texts = ["1", "2", "3", "4", "5"];
    await db.withTenants([tenant.id], async (trx: Transaction<unknown>) => {
      for (const body of texts) {
        const far = { source: "seed", farUser: "ole", nick: "ole", body, at: new Date() };
        await putInbox(trx, { tenant: tenant.id, roomId: room.id, id: newId(), ...far });
      }
    });
    await wake(redis, roomInboxTopic, { tenant: tenant.id }, silentLog);
    const bodies = async () => (await readLog(db, tenant.id, room.id, 0, 100)).map(({ body }) => body);
    await eventually(async () => ((await bodies()).length === 2 ? true : undefined), "the first two");
    expect(error(await say(ada, "flur", "voll")).condition).toBe("resource-constraint");
    expect(await bodies()).toEqual(["1", "2"]);

    await tenant.setQuotas({ messagesPerMinute: 100 });
    await eventually(async () => ((await bodies()).length === 5 ? true : undefined), "all of them");
    expect(await bodies()).toEqual(texts);
  });
});
