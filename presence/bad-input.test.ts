/** Floods, forged presence and an emptied Redis, with real clients on a real server: what readers notice of it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { xml } from "@xmpp/client";
import { type ServedDoor, serveDoor } from "../components/door.ts";
import { x } from "../components/stanza.ts";
import { newId } from "../platform/ids.ts";
import { redisReady } from "../platform/redis.ts";
import { onWake } from "../platform/wake.ts";
import {
  available,
  nord,
  type PresenceWorld,
  presenceWorld,
  secretOf,
  sued,
} from "../test/support/presence-servers.ts";
import { silentLog } from "../test/support/real.ts";
import { presenceChanged } from "./events.ts";
import { until } from "./redis-under-test.ts";
import { type ChangePosition, presenceReader } from "./store.ts";

jest.setTimeout(60_000);

let world: PresenceWorld;
let served: ServedDoor;

const reader = () => presenceReader(world.redis);
const changes = (position?: ChangePosition) => reader().changesSince("nord", position, 100);
const first = async (name: string) => (await reader().read("nord", [name])).people.get(name)?.devices[0];
const published = () =>
  until(
    () => changes().catch(() => undefined),
    (found) => found?.since !== undefined,
  );

beforeAll(async () => {
  world = await presenceWorld(["anna", "bert"]);
});

beforeEach(async () => {
  served = world.openDoor();
  await published();
});

afterEach(async () => {
  await world.signOffAll();
  await served.close();
});

afterAll(() => world.close());

test("thousands of changes of one client: some are written and told, the last is, and nobody else waits", async () => {
  const anna = await world.signInRaw(`anna@${nord}`, "phone");
  const bert = await world.signIn(`bert@${nord}`, "desk");
  await available(bert);
  await until(
    () => first("bert"),
    (device) => device !== undefined,
  );
  const from = await changes();
  let told = 0;
  const deaf = await onWake(world.redis, presenceChanged, silentLog, () => {
    told += 1;
  });
  const begun = Date.now();
  for (let index = 1; index <= 5_000; index += 1) {
    anna.write(`<presence><show>${index % 2 ? "dnd" : "away"}</show><status>${index}</status></presence>`);
    if (index === 2_500) await available(bert, { show: "xa" });
  }
  await until(
    () => first("bert"),
    (device) => device?.show === "xa",
  );
  await until(
    () => first("anna"),
    (device) => device?.status === "5000",
  );
  const seconds = (Date.now() - begun) / 1_000;
  const to = await changes();
  // Five at once and two a second; one of Bert's.
  expect(to.seq - from.seq).toBeLessThanOrEqual(1 + 5 + Math.ceil(seconds * 2) + 1);
  expect(told).toBeLessThanOrEqual(2 + seconds * 10);
  await deaf();
});

describe("forged presence", () => {
  test("of a partner's people, of components below the tenant's domain, and by them in its people's names", async () => {
    const stranger = await world.signIn(`anna@${sued}`, "phone");
    await stranger.send(xml("presence", { to: `presence.${nord}` }));
    let send: (from: string) => void = () => undefined;
    const rooms = serveDoor(
      {
        prefix: "rooms",
        open: (context) => {
          send = (from) => context.send(x("presence", { from, to: `presence.${nord}` }));
          return { identity: { category: "conference", type: "text" }, features: [], iq: [], onOnline: () => up() };
        },
      },
      { id: "nord", domain: nord, partners: [] },
      { host: "127.0.0.1", port: world.ports.components, secretOf, maxStanzaBytes: 65_536, newId, log: silentLog },
    );
    let up: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      up = resolve;
    });
    const from = await changes();
    send(`anna@rooms.${nord}/forged`);
    // The server ends the stream of a component that writes in others' names.
    send(`anna@${nord}/forged`);
    const bert = await world.signIn(`bert@${nord}`, "desk");
    await available(bert);
    await until(
      () => changes(from),
      ({ localparts }) => localparts.includes("bert"),
    );
    expect((await changes(from)).localparts).toEqual(["bert"]);
    expect(await first("anna")).toBeUndefined();
    await rooms.close();
  });

  test("a client's own stamps are not believed, neither when it says them nor when the components start anew", async () => {
    const before = Date.now();
    const anna = await world.signIn(`anna@${nord}`, "phone");
    const stamp = xml("delay", { xmlns: "urn:xmpp:delay", from: nord, stamp: "2020-01-01T00:00:00Z" });
    await available(anna, {}, stamp);
    const heard = await until(
      () => first("anna"),
      (device) => device !== undefined,
    );
    expect(heard?.at).toBeGreaterThanOrEqual(before);
    await served.close();
    await world.redis.flushall();
    served = world.openDoor();
    const again = await until(
      () => first("anna"),
      (device) => device !== undefined,
    );
    expect(again?.at).toBeGreaterThanOrEqual(Math.floor(before / 1_000) * 1_000);
  });
});

describe("Redis while everything runs", () => {
  /** Nobody is told anything but Bert, who changes at the end. */
  async function nobodyNotices(lose: () => Promise<void>): Promise<void> {
    const anna = await world.signIn(`anna@${nord}`, "phone");
    const bert = await world.signIn(`bert@${nord}`, "desk");
    await available(anna);
    await available(bert);
    await until(
      async () => (await reader().read("nord", ["anna", "bert"])).people.size,
      (count) => count === 2,
    );
    const at = await changes();
    await lose();
    await published();
    expect(await changes(at)).toMatchObject({ reset: false, localparts: [] });
    expect(await first("anna")).toMatchObject({ resource: "phone", show: "online" });
    await available(bert, { show: "dnd" });
    const after = await until(
      () => changes(at),
      ({ localparts }) => localparts.length > 0,
    );
    expect(after).toMatchObject({ reset: false, localparts: ["bert"] });
  }

  test("is emptied", () =>
    nobodyNotices(async () => {
      await world.redis.flushall();
    }));

  test("is killed and comes back empty", () =>
    nobodyNotices(async () => {
      await world.redisServer.kill();
      world.redisServer.start();
      await redisReady(world.redis, 20_000);
    }));
});
