/** PostgreSQL read-only, and full, while people talk: who wants something stored is told to wait; all else goes on. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../../components/stanza.ts";
import { mucJoin, NS_MUC_OWNER } from "../../components/xep/xep-0045-muc.ts";
import { eventually } from "../support/real.ts";
import { auditRoom, openRoom, type RoomCase } from "./room-case.ts";
import { makeReadOnly, mayMount, openSmallDisk, type Sickness, type SmallDisk } from "./sick-postgres.ts";
import { openWorld, placeOf, type World } from "./world.ts";

const CAST = { tenant: 0, people: 3, texts: 300, paceMs: 5 } as const;
const BEFORE = 200;

let world: World;
let disk: SmallDisk | undefined;
const mountable = mayMount();

beforeAll(async () => {
  world = await openWorld();
  if (mountable) disk = await openSmallDisk(world);
}, 120_000);
afterAll(async () => {
  await world?.close();
  disk?.remove();
}, 60_000);

/** Lets people talk, makes PostgreSQL sick on the way, and audits when all is said. */
async function play(name: string, sicken: () => Promise<Sickness>, meanwhile: (room: RoomCase) => Promise<void>) {
  const before = world.stack.status().parts;
  const room = await openRoom(world, `${name}-${Date.now().toString(36)}`, CAST);
  try {
    const { talkers, listener } = room;
    const talk = Promise.all(talkers.map((talker) => talker.talk()));
    await Promise.race([room.untilReflected(BEFORE), talk]);
    const sickness = await sicken();
    try {
      await Promise.race([room.untilRefused(), talk]);
      expect(room.reflected).toBeLessThan(CAST.people * CAST.texts);
      await meanwhile(room);
    } finally {
      await sickness.heal();
    }
    await talk;
    const figures = await auditRoom(world, CAST.tenant, room);
    const words = Object.entries(figures).map(([key, value]) => `${key} ${value}`);
    console.info(`${name}: ${words.join(", ")}`);
    expect([figures.reflected, figures.storedUnseen, figures.lost]).toEqual([CAST.people * CAST.texts, 0, 0]);
    expect([...room.refusals.keys()]).toEqual(["resource-constraint"]);
    for (const talker of [...talkers, listener]) {
      expect([talker.nick, talker.signIns, talker.joins, await talker.isInside()]).toEqual([talker.nick, 1, 1, true]);
    }
    expect(world.stack.status().parts).toEqual(before);
  } finally {
    await room.close();
  }
}

async function withClient<R>(index: number, work: (client: XmppClient) => Promise<R>): Promise<R> {
  const client = await signIn(placeOf(world, CAST.tenant, index));
  try {
    await client.send(x("presence"));
    return await work(client);
  } finally {
    await client.stop();
  }
}

/** The error of a stanza as `type condition`; undefined when it is none. */
function refusal(stanza: Element): string | undefined {
  const error = attr(stanza, "type") === "error" ? stanza.getChild("error") : undefined;
  return error && `${attr(error, "type")} ${childElements(error)[0]?.name}`;
}

/** Enters: the refusal, or undefined when it is inside. */
async function enter(client: XmppClient, room: string, nick: string): Promise<string | undefined> {
  await client.send(x("presence", { to: `${room}/${nick}` }, mucJoin.write({})));
  const ours = (stanza: Element) => attr(stanza, "from")?.startsWith(`${room}`) === true;
  const ends = (stanza: Element) => stanza.getChild("subject") !== undefined || refusal(stanza) !== undefined;
  return refusal(await client.next((stanza) => ours(stanza) && ends(stanza), `entering ${room}`));
}

const listing = () =>
  fetch(`${world.stack.demo.http}/api/v1/tenants/${world.stack.demo.tenants[0]?.id}/rooms`, {
    headers: { authorization: `Bearer ${world.stack.demo.token}` },
  });

describe("while people talk, PostgreSQL", () => {
  it("is read-only: reads go on, and each change is refused for a while", async () => {
    const readOnly = () => makeReadOnly(world);
    const retitle = (title: string) => {
      const field = x("field", { var: "muc#roomconfig_roomname" }, x("value", {}, title));
      return x("query", { xmlns: NS_MUC_OWNER }, x("x", { xmlns: "jabber:x:data", type: "submit" }, field));
    };
    await withClient(0, async (owner) => {
      let to = "";
      const configure = async () => refusal(await owner.iq(x("iq", { type: "set", to }, retitle("Neuer Titel"))));
      const ban = async (jid: string) => {
        const item = x("item", { affiliation: "outcast", jid });
        const query = x("query", { xmlns: "http://jabber.org/protocol/muc#admin" }, item);
        return refusal(await owner.iq(x("iq", { type: "set", to }, query)));
      };
      await play("read-only", readOnly, async (room) => {
        to = room.room;
        expect((await room.listener.archive()).length).toBeGreaterThanOrEqual(BEFORE);
        expect(await withClient(4, (newcomer) => enter(newcomer, to, "newcomer"))).toBeUndefined();
        expect(await withClient(4, (maker) => enter(maker, `new-${to}`, "maker"))).toBe("wait resource-constraint");
        expect(await configure()).toBe("wait resource-constraint");
        expect(await ban("nobody@elsewhere.example")).toBe("wait resource-constraint");
        expect((await listing()).status).toBe(200);
      });
      // Nothing is left of what was refused, and the same goes through now.
      expect([await configure(), await ban("nobody@elsewhere.example")]).toEqual([undefined, undefined]);
      expect(await enter(owner, `new-${to}`, "maker")).toBeUndefined();
    });
  });

  // Where no file system can be mounted there is no disk that is full for PostgreSQL alone.
  (mountable ? it : it.skip)("is full: messages are refused for a while, reads and joins go on", async () => {
    const fill = async () => (disk ? disk.fill() : Promise.reject(new Error("no small disk")));
    await play("full", fill, async (room) => {
      expect((await room.listener.archive()).length).toBeGreaterThanOrEqual(BEFORE);
      expect(await withClient(4, (newcomer) => enter(newcomer, room.room, "newcomer"))).toBeUndefined();
      await eventually(async () => ((await listing()).status === 200 ? true : undefined), "the list of rooms");
    });
  });
});
