/** The door against a Prosody and a Redis of its own, with real clients; each of the three is killed or cut off. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { xml } from "@xmpp/client";
import type { ServedDoor } from "../components/door.ts";
import { available, nord, type PresenceWorld, presenceWorld, sued } from "../test/support/presence-servers.ts";
import { silentLog } from "../test/support/real.ts";
import type { Device } from "./core.ts";
import { until } from "./redis-under-test.ts";
import { presenceReader } from "./store.ts";

jest.setTimeout(60_000);

let world: PresenceWorld;
let served: ServedDoor;

const view = async () => {
  const { since, people } = await presenceReader(world.redis).read("nord", ["anna", "bert"]);
  const short = ({ resource, show, status }: Device) => [resource, show, status].filter(Boolean).join(" ");
  const shown = Object.fromEntries([...people].map(([name, { devices }]) => [name, devices.map(short)]));
  return since === undefined ? "unknown" : shown;
};
const seen = async (expected: unknown) => {
  await until(
    () => view().catch(() => "away"),
    (found) => JSON.stringify(found) === JSON.stringify(expected),
  );
};

beforeAll(async () => {
  world = await presenceWorld();
});

beforeEach(async () => {
  served = world.openDoor();
  await seen({});
});

afterEach(async () => {
  await world.signOffAll();
  await served.close();
});

afterAll(() => world.close());

describe("what people do is seen", () => {
  test("available, away with a status, available again, off", async () => {
    const anna = await world.signIn(`anna@${nord}`, "phone");
    await available(anna);
    await seen({ anna: ["phone online"] });
    await available(anna, { show: "away", status: "At lunch" });
    await seen({ anna: ["phone away At lunch"] });
    await available(anna);
    await seen({ anna: ["phone online"] });
    await anna.send(xml("presence", { type: "unavailable" }));
    await seen({});
  });

  test("two devices: the one of higher priority speaks, and the other when it has gone", async () => {
    const phone = await world.signIn(`anna@${nord}`, "phone");
    const desk = await world.signIn(`anna@${nord}`, "desk");
    await available(phone, { priority: "1", show: "xa" });
    await available(desk, { priority: "5", show: "dnd" });
    await seen({ anna: ["desk dnd", "phone xa"] });
    await world.signOff(desk);
    await seen({ anna: ["phone xa"] });
  });

  test("a client that is cut off goes", async () => {
    const anna = await world.signIn(`anna@${nord}`, "phone");
    await available(anna);
    await seen({ anna: ["phone online"] });
    await world.drop(anna);
    await seen({});
  });

  test("signed in but not available is away", async () => {
    await world.signIn(`anna@${nord}`, "phone");
    await available(await world.signIn(`bert@${nord}`, "phone"));
    await seen({ bert: ["phone online"] });
  });
});

test("people of a partner are not the tenant's, even of the same name", async () => {
  const stranger = await world.signIn(`anna@${sued}`, "phone");
  await available(stranger);
  await stranger.send(xml("presence", { to: `presence.${nord}` }));
  // The server handles one client's stanzas in order: its answer says that both have passed.
  await stranger.iqCaller.request(xml("iq", { type: "get", to: sued }, xml("ping", { xmlns: "urn:xmpp:ping" })));
  await available(await world.signIn(`bert@${nord}`, "phone"));
  await seen({ bert: ["phone online"] });
});

test("a subscription to the door is declined, and a message too", async () => {
  const anna = await world.signIn(`anna@${nord}`, "phone");
  await available(anna);
  const answers: string[] = [];
  anna.on("stanza", (stanza) => answers.push(`${stanza.name} ${stanza.attrs.type} ${stanza.attrs.from}`));
  // Prosody tells subscription matters only to who asked for the roster (RFC 6121 2.2).
  await anna.iqCaller.request(xml("iq", { type: "get" }, xml("query", { xmlns: "jabber:iq:roster" })));
  await anna.send(xml("presence", { type: "subscribe", to: `presence.${nord}` }));
  await anna.send(xml("message", { type: "chat", to: `presence.${nord}` }, xml("body", {}, "Moin")));
  await until(
    () => answers,
    (all) => all.includes(`presence unsubscribed presence.${nord}`) && all.includes(`message error presence.${nord}`),
  );
});

describe("whatever ends and comes back", () => {
  test("the stream is cut: nothing is known, then what happened meanwhile", async () => {
    const anna = await world.signIn(`anna@${nord}`, "phone");
    const bert = await world.signIn(`bert@${nord}`, "phone");
    await available(anna);
    await available(bert);
    await seen({ anna: ["phone online"], bert: ["phone online"] });
    world.cable.cut();
    await seen("unknown");
    await available(anna, { show: "dnd" });
    await world.signOff(bert);
    world.cable.mend();
    await seen({ anna: ["phone dnd"] });
  });

  test("the server is killed: nobody is there until they sign in again", async () => {
    await available(await world.signIn(`anna@${nord}`, "phone"));
    await seen({ anna: ["phone online"] });
    await world.killProsody();
    await seen("unknown");
    await world.startProsody();
    await seen({});
    await available(await world.signIn(`bert@${nord}`, "phone"));
    await seen({ bert: ["phone online"] });
  });

  test("the server hangs: nothing is known, then what happened meanwhile", async () => {
    const anna = await world.signIn(`anna@${nord}`, "phone");
    await available(anna);
    await seen({ anna: ["phone online"] });
    world.signalProsody("SIGSTOP");
    await seen("unknown");
    await available(anna, { show: "away" });
    world.signalProsody("SIGCONT");
    await seen({ anna: ["phone away"] });
  });

  test("the server grants nothing: nothing is known and the log says what to do, until it grants", async () => {
    await served.close();
    await world.killProsody();
    const putBack = world.configure((text) => text.replaceAll("privileged_entities", "privileged_nobody"));
    await world.startProsody();
    const said: string[] = [];
    const listening: typeof silentLog = { ...silentLog, error: (text) => void said.push(text), with: () => listening };
    served = world.openDoor({}, listening);
    await until(
      () => said,
      (lines) => lines.some((line) => line.includes("privileged_entities")),
    );
    expect(await view()).toBe("unknown");
    putBack();
    await world.killProsody();
    await world.startProsody();
    await available(await world.signIn(`anna@${nord}`, "phone"));
    await seen({ anna: ["phone online"] });
  });

  test("this process starts anew: who is there is shown, since when they are", async () => {
    const before = Date.now();
    await available(await world.signIn(`anna@${nord}`, "phone"), { status: "Here" });
    await seen({ anna: ["phone online Here"] });
    await served.close();
    await seen("unknown");
    const after = Date.now();
    served = world.openDoor();
    await seen({ anna: ["phone online Here"] });
    const [device] = (await presenceReader(world.redis).read("nord", ["anna"])).people.get("anna")?.devices ?? [];
    // The server's stamp has whole seconds.
    expect(device?.at).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
    expect(device?.at).toBeLessThanOrEqual(after);
  });

  test("Redis is killed: what happens meanwhile is shown when it is back", async () => {
    const anna = await world.signIn(`anna@${nord}`, "phone");
    const bert = await world.signIn(`bert@${nord}`, "phone");
    await available(anna);
    await available(bert);
    await seen({ anna: ["phone online"], bert: ["phone online"] });
    await world.redisServer.kill();
    await seen("away");
    await available(anna, { show: "xa" });
    await world.signOff(bert);
    world.redisServer.start();
    await seen({ anna: ["phone xa"] });
  });
});
