/** What readers are told of changes, over a real Redis: through restarts of the owner and of Redis. */
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { Redis } from "ioredis";
import { openRedis, redisReady } from "../platform/redis.ts";
import { silentLog } from "../test/support/real.ts";
import type { Device } from "./core.ts";
import { type RedisUnderTest, redisUnderTest, until } from "./redis-under-test.ts";
import { type ChangePosition, presenceKeys, presenceReader } from "./store.ts";
import { type PresenceWriter, presenceWriter } from "./writer.ts";

const tenant = "amt-nord";
let server: RedisUnderTest;
let redis: Redis;
const opened: Owner[] = [];

interface Owner {
  readonly writer: PresenceWriter;
  told: number;
  set(localpart: string, ...devices: Device[]): void;
}

const device = (at: number, fields: Partial<Device> = {}): Device => ({
  ...{ resource: "phone", show: "online", status: null, priority: 0, idleSince: null, kind: null, at },
  ...fields,
});

function owner(people = new Map<string, Device[]>()): Owner {
  const writer = presenceWriter({
    redis,
    tenant,
    clock: Date.now,
    log: silentLog,
    beatMs: 200,
    personOf: (localpart) => ({ devices: people.get(localpart) ?? [], meetingSince: null }),
    everybody: () => people.keys(),
    onWritten: () => {
      made.told += 1;
    },
    onLost: () => writer.start(),
  });
  const made: Owner = {
    writer,
    told: 0,
    set: (localpart, ...devices) => {
      if (devices.length > 0) people.set(localpart, devices);
      else people.delete(localpart);
      writer.changed(localpart);
    },
  };
  opened.push(made);
  return made;
}

const ask = (position?: ChangePosition, limit = 100) => presenceReader(redis).changesSince(tenant, position, limit);
const published = () =>
  until(
    () => ask().catch(() => undefined),
    (found) => found?.since !== undefined,
  );
/** Follows from a position until these have changed, and gives who did and where it stands then. */
async function follow(position: ChangePosition, expected: readonly string[]) {
  const seen = new Set<string>();
  let at = position;
  await until(
    async () => {
      const found = await ask(at).catch(() => undefined);
      if (!found) return false;
      expect(found.reset).toBe(false);
      for (const each of found.localparts) seen.add(each);
      at = found;
      return expected.every((each) => seen.has(each));
    },
    (all) => all,
  );
  return { seen: [...seen].sort(), at };
}
const position = async (): Promise<ChangePosition> => {
  const { generation, seq } = (await published()) ?? { generation: "", seq: 0 };
  return { generation, seq };
};

beforeAll(async () => {
  server = await redisUnderTest();
  server.start();
  redis = openRedis(server.url, silentLog);
  redis.on("ready", () => {
    for (const each of opened) each.writer.wake();
  });
  await redisReady(redis, 20_000);
});

beforeEach(async () => {
  for (const each of opened.splice(0)) await each.writer.close();
  await redis.flushall();
});

afterAll(async () => {
  for (const each of opened.splice(0)) await each.writer.close();
  redis.disconnect();
  await server.kill();
});

test("before anything was published a position is none, and later it has to start over", async () => {
  const first = await ask();
  expect(first).toMatchObject({ since: undefined, reset: true, localparts: [] });
  expect(await ask(first)).toMatchObject({ since: undefined, reset: false, localparts: [] });
  owner().writer.start();
  await published();
  expect(await ask(first)).toMatchObject({ reset: true, since: expect.any(Number) });
});

test("who changed is told once, however often, in the order of the last changes", async () => {
  const { writer, set } = owner();
  writer.start();
  const from = await position();
  for (let round = 1; round <= 20; round += 1) {
    set("anna", device(round));
    await redis.ping();
  }
  set("bert", device(1));
  await follow(from, ["anna", "bert"]);
  set("anna", device(99));
  await until(
    async () => (await ask(from)).localparts,
    (found) => found.join() === "bert,anna",
  );
});

test("pages: each goes on where the one before ended", async () => {
  const people = new Map<string, Device[]>();
  const { writer, set } = owner(people);
  writer.start();
  let at = await position();
  for (let index = 0; index < 450; index += 1) set(`p${index}`, device(index));
  await follow(at, [...people.keys()]);
  const found: string[] = [];
  for (;;) {
    const page = await ask(at, 100);
    found.push(...page.localparts);
    at = page;
    if (page.localparts.length < 100) break;
  }
  expect(found).toEqual([...people.keys()]);
  expect((await ask(at)).localparts).toEqual([]);
});

test("what does not differ is no change", async () => {
  const { writer, set } = owner();
  writer.start();
  await published();
  set("anna", device(1));
  const { at } = await follow({ ...(await position()), seq: 1_000 }, ["anna"]);
  set("anna", device(1));
  set("nobody");
  set("bert", device(1));
  expect((await follow(at, ["bert"])).seen).toEqual(["bert"]);
});

test("an owner that starts anew: only who differs changed, stamps of whole seconds do not", async () => {
  const first = owner(
    new Map([
      ["same", [device(10_400, { kind: "phone", idleSince: 9_800 })]],
      ["busy", [device(10_400)]],
      ["went", [device(10_400)]],
    ]),
  );
  first.writer.start();
  const from = await position();
  await first.writer.close();
  expect(await ask(from)).toMatchObject({ since: undefined, reset: false, ...from });
  const next = owner(
    new Map([
      ["same", [device(10_000, { idleSince: 9_000 })]],
      ["busy", [device(10_000, { show: "dnd" })]],
      ["came", [device(12_000)]],
    ]),
  );
  next.writer.start();
  await published();
  expect((await follow(from, ["busy", "came", "went"])).seen).toEqual(["busy", "came", "went"]);
  const { people } = await presenceReader(redis).read(tenant, ["same", "busy"]);
  expect(people.get("same")?.devices).toEqual([device(10_400, { kind: "phone", idleSince: 9_800 })]);
  expect(people.get("busy")?.devices).toEqual([device(10_000, { show: "dnd" })]);
});

test("Redis is emptied: who was up to date goes on and learns who changed meanwhile, who was behind starts over", async () => {
  const { writer, set } = owner(new Map([["same", [device(1)]]]));
  writer.start();
  const behind = await position();
  set("before", device(1));
  set("leaves", device(1));
  const { at } = await follow(behind, ["before", "leaves"]);
  await until(
    async () => (await ask()).seq,
    (seq) => seq === at.seq,
  );
  await server.kill();
  await until(
    () => redis.status,
    (status) => status !== "ready",
  );
  set("leaves");
  set("comes", device(2));
  server.start();
  await redisReady(redis, 20_000);
  await published();
  expect((await follow(at, ["comes", "leaves"])).seen).toEqual(["comes", "leaves"]);
  expect(await ask(behind)).toMatchObject({ reset: true });
});

test("Redis is flushed while nothing changes: nobody notices", async () => {
  const { writer, set } = owner(new Map([["same", [device(1)]]]));
  writer.start();
  const at = await position();
  await redis.flushall();
  expect(await ask(at)).toMatchObject({ since: undefined, reset: false, localparts: [] });
  await published();
  set("anna", device(1));
  expect((await follow(at, ["anna"])).seen).toEqual(["anna"]);
  expect((await presenceReader(redis).read(tenant, ["same"])).people.get("same")?.devices).toEqual([device(1)]);
});

test("Redis comes back with what it had saved earlier: nothing is taken for new", async () => {
  const { writer, set } = owner();
  writer.start();
  const early = await position();
  set("anna", device(1));
  await follow(early, ["anna"]);
  const keys = presenceKeys(tenant);
  const saved = await Promise.all(
    [keys.epoch, keys.people, keys.live, keys.feed, keys.changes].map(
      async (key) => [key, await redis.dumpBuffer(key)] as const,
    ),
  );
  set("anna", device(2, { show: "away" }));
  set("bert", device(2));
  const { at } = await follow(early, ["bert"]);
  for (const [key, value] of saved) await redis.restore(key, 60_000, value ?? "", "REPLACE");
  set("carl", device(3));
  await until(
    async () => (await ask()).seq,
    (seq) => seq > at.seq,
  );
  expect((await follow(at, ["carl"])).seen).toContain("carl");
  const { people } = await presenceReader(redis).read(tenant, ["anna", "bert", "carl"]);
  expect([...people.values()].map(({ devices }) => devices[0]?.at)).toEqual([2, 2, 3]);
});

test("another generation, and a number that was never given, start over", async () => {
  owner().writer.start();
  const { generation, seq } = await position();
  expect(await ask({ generation: "1", seq })).toMatchObject({ generation, seq, reset: true });
  expect(await ask({ generation, seq: seq + 1 })).toMatchObject({ generation, seq, reset: true });
});

test("readers are told of many changes a few times", async () => {
  const made = owner();
  made.writer.start();
  const from = await position();
  const before = Date.now();
  for (let index = 0; index < 500; index += 1) {
    made.set(`p${index % 50}`, device(index));
    if (index % 5 === 0) await redis.ping();
  }
  await follow(from, ["p49"]);
  expect(made.told).toBeGreaterThan(0);
  expect(made.told).toBeLessThanOrEqual(2 + (Date.now() - before) / 100 + 1);
});
