/** Writer and reader against a Redis of their own, which is killed and comes back. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Redis } from "ioredis";
import { openRedis, redisReady } from "../platform/redis.ts";
import { silentLog } from "../test/support/real.ts";
import type { Device } from "./core.ts";
import { type RedisUnderTest, redisUnderTest, until } from "./redis-under-test.ts";
import { change, runScript } from "./scripts.ts";
import { presenceKeys, presenceReader } from "./store.ts";
import { KEPT_MS, LIVE_MS, type PresenceWriter, presenceWriter } from "./writer.ts";

const tenant = "amt-nord";
let server: RedisUnderTest;
let redis: Redis;
const opened: Owner[] = [];

interface Owner {
  readonly people: Map<string, Device[]>;
  readonly writer: PresenceWriter;
  lost: number;
  set(localpart: string, devices: Device[]): void;
}

const device = (resource: string, at = 1_000): Device => ({
  ...{ resource, show: "online", status: null, priority: 0, idleSince: null, kind: null, at },
});

/** A writer with its memory; when it loses Redis' state it starts again, as the door does. */
function owner(id = tenant, restart = true): Owner {
  const people = new Map<string, Device[]>();
  const writer = presenceWriter({
    redis,
    tenant: id,
    clock: Date.now,
    log: silentLog,
    beatMs: 200,
    personOf: (localpart) => ({ devices: people.get(localpart) ?? [], meetingSince: null }),
    everybody: () => people.keys(),
    onLost: () => {
      made.lost += 1;
      if (restart) writer.start();
    },
  });
  const made: Owner = {
    people,
    writer,
    lost: 0,
    set: (localpart, devices) => {
      if (devices.length > 0) people.set(localpart, devices);
      else people.delete(localpart);
      writer.changed(localpart);
    },
  };
  opened.push(made);
  return made;
}

const shown = (people: ReadonlyMap<string, Device[]>) =>
  new Map([...people].map(([name, devices]) => [name, { devices, meetingSince: null }]));
const view = (names: readonly string[], id = tenant) => presenceReader(redis).read(id, names);
const devicesSeen = async (name: string) => (await view([name])).people.get(name)?.devices;
const published = () =>
  until(
    () => view([]),
    (seen) => seen.since !== undefined,
  );

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

test("nothing is known before an owner publishes", async () => {
  expect(await view(["anna"])).toEqual({ since: undefined, people: new Map() });
});

test("all are published at once, however many; who is away has no entry", async () => {
  const { people, writer } = owner();
  for (let index = 0; index < 1_001; index += 1) people.set(`p${index}`, [device("r", index)]);
  writer.start();
  await published();
  const names = [...people.keys(), "away"];
  const seen = await view(names);
  expect(seen.people).toEqual(shown(people));
  expect(seen.since).toBeLessThanOrEqual(Date.now());
});

test("changes follow, in the order they were made", async () => {
  const { set, writer } = owner();
  writer.start();
  await published();
  for (let index = 1; index <= 50; index += 1) set("anna", [device("phone", index)]);
  expect(
    await until(
      () => devicesSeen("anna"),
      (seen) => seen?.[0]?.at === 50,
    ),
  ).toEqual([device("phone", 50)]);
  set("anna", []);
  await until(
    () => devicesSeen("anna"),
    (seen) => seen === undefined,
  );
});

test("a change while all are being published is not lost", async () => {
  const { people, set, writer } = owner();
  for (let index = 0; index < 1_000; index += 1) people.set(`p${index}`, [device("r")]);
  writer.start();
  for (let index = 0; index < 1_000; index += 1) {
    set(`p${index}`, index % 2 === 0 ? [] : [device("r", 2_000)]);
    if (index % 100 === 0) await redis.ping();
  }
  await until(
    async () => (await view([...people.keys(), "p0", "p998"])).people,
    (seen) => {
      try {
        expect(seen).toEqual(shown(people));
        return true;
      } catch {
        return false;
      }
    },
  );
});

test("what was published is taken back when the stream is lost, and when the owner ends", async () => {
  for (const end of [(each: PresenceWriter) => each.stop(), (each: PresenceWriter) => void each.close()]) {
    const { people, writer } = owner();
    people.set("anna", [device("phone")]);
    writer.start();
    await published();
    end(writer);
    expect(
      (
        await until(
          () => view(["anna"]),
          (seen) => seen.since === undefined,
        )
      ).people.size,
    ).toBe(0);
    expect(await redis.exists(presenceKeys(tenant).live)).toBe(0);
  }
});

test("stopping while publishing publishes nothing, and a start after it does", async () => {
  const { people, writer } = owner();
  people.set("before", [device("r")]);
  writer.start();
  writer.stop();
  people.clear();
  people.set("after", [device("r")]);
  writer.start();
  await published();
  expect([...(await view(["before", "after"])).people.keys()]).toEqual(["after"]);
});

test("an owner that was overtaken changes nothing any more and is told", async () => {
  const old = owner(tenant, false);
  old.people.set("anna", [device("old")]);
  old.writer.start();
  await until(
    () => devicesSeen("anna"),
    (seen) => seen?.[0]?.resource === "old",
  );
  const next = owner();
  next.people.set("anna", [device("new")]);
  next.writer.start();
  await until(
    () => devicesSeen("anna"),
    (seen) => seen?.[0]?.resource === "new",
  );
  old.set("anna", [device("late")]);
  await until(
    () => old.lost,
    (lost) => lost === 1,
  );
  old.writer.stop();
  await old.writer.close();
  expect(await devicesSeen("anna")).toEqual([device("new")]);
  expect(next.lost).toBe(0);
});

test("a batch that comes late or again changes nothing", async () => {
  const { people, set, writer } = owner();
  writer.start();
  await published();
  set("anna", [device("new")]);
  await until(
    () => devicesSeen("anna"),
    (seen) => seen !== undefined,
  );
  const keys = presenceKeys(tenant);
  const [epoch, batch] = await redis.hmget(keys.live, "epoch", "batch");
  const late = [epoch ?? "", LIVE_MS, LIVE_MS, LIVE_MS, batch ?? "", "anna", JSON.stringify([device("old")])];
  const names = [keys.epoch, keys.people, keys.live, keys.feed, keys.changes];
  expect(await runScript(redis, change, names, late)).toEqual(expect.any(Number));
  expect(await devicesSeen("anna")).toEqual(people.get("anna"));
});

test("what is published expires when its owner is silent", async () => {
  const { people, writer } = owner();
  people.set("anna", [device("phone")]);
  writer.start();
  await published();
  const { live, people: kept, feed } = presenceKeys(tenant);
  for (const [key, most] of [
    [live, LIVE_MS],
    [kept, KEPT_MS],
    [feed, KEPT_MS],
  ] as const) {
    const left = await redis.pttl(key);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(most);
  }
});

test("an owner that slept too long publishes anew at its next beat", async () => {
  const { people, writer } = owner();
  people.set("anna", [device("phone")]);
  writer.start();
  await published();
  await redis.del(presenceKeys(tenant).live, presenceKeys(tenant).people);
  await published();
  expect(await devicesSeen("anna")).toEqual([device("phone")]);
});

test("tenants are apart", async () => {
  const nord = owner();
  const sued = owner("schule-sued");
  nord.people.set("anna", [device("nord")]);
  nord.writer.start();
  sued.writer.start();
  await published();
  await until(
    () => view([], "schule-sued"),
    (seen) => seen.since !== undefined,
  );
  expect((await view(["anna"], "schule-sued")).people.size).toBe(0);
});

describe("Redis goes and comes back", () => {
  test("empty: what happened meanwhile is there, what was before is not", async () => {
    const { people, set, writer } = owner();
    people.set("leaves", [device("phone")]);
    people.set("stays", [device("phone")]);
    writer.start();
    await published();
    await server.kill();
    await until(
      () => redis.status,
      (status) => status !== "ready",
    );
    await expect(view(["stays"])).rejects.toMatchObject({ code: "unavailable" });
    set("leaves", []);
    set("comes", [device("laptop")]);
    server.start();
    await redisReady(redis, 20_000);
    await published();
    expect((await view(["leaves", "stays", "comes"])).people).toEqual(shown(people));
  });

  test("with its memory, only the connection broke: nothing is lost", async () => {
    const made = owner();
    const { set, writer } = made;
    writer.start();
    await published();
    const other = redis.duplicate({ enableOfflineQueue: true });
    for (let index = 1; index <= 20; index += 1) {
      set("anna", [device("phone", index)]);
      if (index === 10) await other.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    }
    other.disconnect();
    await until(
      () => devicesSeen("anna").catch(() => undefined),
      (seen) => seen?.[0]?.at === 20,
    );
    expect(made.lost).toBe(0);
  });
});
