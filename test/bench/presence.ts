/**
 * Presence of 20,000 people of 20 tenants told by a simulated server, then of as many real clients as sensible on a real
 * Prosody: changes absorbed a second, time from a stanza to a reader's event, memory for a person, our processor time as
 * a share of the server's, and how soon all is known again when the components were killed.
 */
import type { Redis } from "ioredis";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { redisUnderTest, until } from "../../presence/redis-under-test.ts";
import { presenceReader } from "../../presence/store.ts";
import { master, nord, presenceWorld } from "../support/presence-servers.ts";
import { silentLog } from "../support/real.ts";
import { type Benchmark, type Row, row } from "./benchmark.ts";
import { cpuSeconds } from "./cpu.ts";
import { type DoorsProcess, startDoors } from "./presence/doors-process.ts";
import { follow } from "./presence/follower.ts";
import { type SimulatedServer, simulatedServer } from "./presence/simulated.ts";
import type { Connection } from "./rooms/connection.ts";
import { percentile } from "./statistics.ts";

const TENANTS = 20;
const PEOPLE = 1_000;
const CHANGES_EACH = 5;
const PACED = { perSecond: 2_000, seconds: 5 };
const CLIENTS = 1_000;
const CONTACTS = 20;
const REAL_PACED = { perSecond: 200, seconds: 10 };
const WARM_UP_SECONDS = 3;
const CROWD = 5_000;

const caps =
  "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://gajim.org' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>";
const inside = (status: string) => `<show>away</show><status>${status}</status><priority>1</priority>${caps}`;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const presence: Benchmark = {
  name: "presence",
  description: `presence of ${TENANTS * PEOPLE} people told by a simulated server, and of ${CLIENTS} and ${CROWD} clients of a real one`,
  limitMs: 15 * 60_000,
  run: async (report, signal) => [...(await simulated(report, signal)), ...(await real(report, signal))],
};

interface Absorbed {
  readonly changesPerSecond: number;
  readonly micros: number;
}

async function simulated(report: (line: string) => void, signal: AbortSignal): Promise<Row[]> {
  const tenants = Array.from({ length: TENANTS }, (_, n) => ({ id: `t${n}`, domain: `t${n}.example` }));
  const one = (domain: string, n: number, status: string) =>
    `<presence from='p${n}@${domain}/desk' to='presence.${domain}'>${inside(status)}</presence>`;
  const server = await simulatedServer((domain) =>
    Array.from({ length: PEOPLE }, (_, n) => one(domain, n, "Here")).join(""),
  );
  const redisServer = await redisUnderTest();
  redisServer.start();
  const redis = openRedis(redisServer.url, silentLog);
  await redisReady(redis, 20_000);
  const order = { port: server.port, redisUrl: redisServer.url, master };
  let doors: DoorsProcess | undefined;
  try {
    const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
    const emptyRedis = await used();
    doors = startDoors({ ...order, kind: "ours", tenants: [] });
    await pause(2_000);
    const empty = await doors.stats();
    await doors.kill();
    doors = startDoors({ ...order, kind: "ours", tenants });
    await untilThere(
      redis,
      tenants.map(({ id }) => id),
      PEOPLE,
    );
    const full = await doors.stats();
    const perPerson = (full.heap - empty.heap) / (TENANTS * PEOPLE);
    const redisPerPerson = ((await used()) - emptyRedis) / (TENANTS * PEOPLE);
    report(
      `everybody is there; ${Math.round(perPerson)} bytes of ours and ${Math.round(redisPerPerson)} of Redis a person`,
    );
    signal.throwIfAborted();
    const ours = await absorb(server, tenants, doors, one, async (last) => {
      const reader = presenceReader(redis);
      await until(
        async () => {
          for (const { id } of tenants) {
            const names = Array.from({ length: PEOPLE }, (_, n) => `p${n}`);
            const { people } = await reader.read(id, names);
            if ([...people.values()].some(({ devices }) => devices[0]?.status !== last)) return false;
          }
          return true;
        },
        (all) => all,
        120_000,
      );
    });
    report(`ours: ${Math.round(ours.changesPerSecond)} changes/s, ${ours.micros.toFixed(0)} µs of processor each`);
    signal.throwIfAborted();
    const times: number[] = [];
    const deaf = await follow(
      redis,
      tenants.map(({ id }) => id),
      (status) => {
        const at = Number(/^t=(\d+)$/.exec(status)?.[1]);
        if (at) times.push(Date.now() - at);
      },
    );
    let who = 0;
    for (let tick = 0; tick < PACED.seconds * 50; tick += 1) {
      signal.throwIfAborted();
      for (let n = 0; n < PACED.perSecond / 50; n += 1) {
        who += 1;
        const tenant = tenants[who % TENANTS];
        if (tenant)
          void server.write(tenant.domain, one(tenant.domain, Math.floor(who / TENANTS) % PEOPLE, `t=${Date.now()}`));
      }
      await pause(20);
    }
    await pause(1_000);
    await deaf();
    report(`${times.length} events, p50 ${percentile(times, 0.5)} ms, p99 ${percentile(times, 0.99)} ms`);
    await doors.kill();
    doors = startDoors({ ...order, kind: "bare", tenants });
    await until(
      async () => (await Promise.all(tenants.map(({ id }) => redis.hlen(`bare:${id}`)))).every((n) => n === PEOPLE),
      (all) => all,
    );
    const bare = await absorb(server, tenants, doors, one, async (last) => {
      await until(
        async () => {
          for (const { id } of tenants) {
            if (Object.values(await redis.hgetall(`bare:${id}`)).some((text) => !text.includes(last))) return false;
          }
          return true;
        },
        (all) => all,
        120_000,
      );
    });
    const detail = { people: TENANTS * PEOPLE, tenants: TENANTS, changes: TENANTS * PEOPLE * CHANGES_EACH };
    return [
      row("changes absorbed, simulated server", ours.changesPerSecond, bare.changesPerSecond, "changes/s", {
        ...{ better: "more", peer: "a process that only parses and stores", ...detail },
        microsecondsOfProcessorEach: { ours: ours.micros, peer: bare.micros },
      }),
      row("memory for a person", perPerson, redisPerPerson, "bytes", {
        ...{ better: "less", peer: "what Redis holds for the same person", residentTotal: full.bytes },
      }),
      row("from a stanza to a reader's event, p50", percentile(times, 0.5), 100, "ms", {
        ...{ better: "less", peer: "readers are told ten times a second at most", p99: percentile(times, 0.99) },
        ...{ events: times.length, changesPerSecond: PACED.perSecond },
      }),
    ];
  } finally {
    await doors?.kill();
    server.close();
    redis.disconnect();
    await redisServer.kill();
  }
}

async function absorb(
  server: SimulatedServer,
  tenants: readonly { readonly domain: string }[],
  doors: DoorsProcess,
  one: (domain: string, n: number, status: string) => string,
  stored: (last: string) => Promise<void>,
): Promise<Absorbed> {
  const before = await doors.stats();
  const begun = performance.now();
  for (let round = 0; round < CHANGES_EACH; round += 1) {
    const status = `round-${round}`;
    for (const { domain } of tenants) {
      const all = Array.from({ length: PEOPLE }, (_, n) => one(domain, n, status)).join("");
      await server.write(domain, all);
    }
  }
  await stored(`round-${CHANGES_EACH - 1}`);
  const changes = tenants.length * PEOPLE * CHANGES_EACH;
  const seconds = (performance.now() - begun) / 1_000;
  const { cpuSeconds: after } = await doors.stats();
  return { changesPerSecond: changes / seconds, micros: ((after - before.cpuSeconds) / changes) * 1e6 };
}

/** Resolves when so many people of each tenant are published. */
async function untilThere(redis: Redis, tenants: readonly string[], people: number): Promise<void> {
  // The hash holds one field besides.
  const count = (tenant: string) => redis.hlen(`kontor:{${tenant}}:presence:people`);
  const live = (tenant: string) => redis.exists(`kontor:{${tenant}}:presence:live`);
  await until(
    async () => (await Promise.all(tenants.flatMap((each) => [count(each), live(each)]))).join(),
    (found) => found === tenants.map(() => `${people + 1},1`).join(),
    120_000,
  );
}

async function real(report: (line: string) => void, signal: AbortSignal): Promise<Row[]> {
  const names = Array.from({ length: CROWD }, (_, n) => `p${n}`);
  const world = await presenceWorld(names);
  const order = { kind: "ours", port: world.ports.components, redisUrl: world.redisServer.url, master } as const;
  const tenants = [{ id: "nord", domain: nord }];
  let doors: DoorsProcess | undefined;
  const clients: Connection[] = [];
  try {
    for (const [n, name] of names.entries()) {
      const first = n - (n % (CONTACTS + 1));
      const block = names.slice(first, first + CONTACTS + 1).filter((each) => each !== name);
      world.storeRoster(
        nord,
        name,
        block.map((each) => `${each}@${nord}`),
      );
    }
    const enter = async (until: number) => {
      while (clients.length < until) {
        signal.throwIfAborted();
        const some = names.slice(clients.length, Math.min(until, clients.length + 20));
        clients.push(...(await Promise.all(some.map((name) => world.signInRaw(`${name}@${nord}`, "desk")))));
        for (const each of clients.slice(-some.length)) each.write(`<presence>${inside("Here")}</presence>`);
      }
      report(`${until} clients are signed in`);
    };
    await enter(CLIENTS);
    const server = () => cpuSeconds(world.prosodyPid());
    const load = async (ofSeconds = REAL_PACED.seconds): Promise<number> => {
      const begun = server();
      let who = 0;
      for (let tick = 0; tick < ofSeconds * 50; tick += 1) {
        signal.throwIfAborted();
        for (let n = 0; n < REAL_PACED.perSecond / 50; n += 1) {
          who += 1;
          clients[who % CLIENTS]?.write(`<presence>${inside(`t=${Date.now()}`)}</presence>`);
        }
        await pause(20);
      }
      await pause(1_000);
      return server() - begun;
    };
    const alone = await load();
    report(`Prosody alone: ${alone.toFixed(2)} s of processor`);
    doors = startDoors({ ...order, tenants });
    await untilThere(world.redis, ["nord"], CLIENTS);
    await load(WARM_UP_SECONDS);
    const ours: number[] = [];
    const theirs: number[] = [];
    const note = (times: number[], text: string) => {
      for (const [, at] of text.matchAll(/t=(\d+)/g)) times.push(Date.now() - Number(at));
    };
    const deaf = await follow(world.redis, ["nord"], (status) => note(ours, status));
    clients[0]?.onBytes((packet) => note(theirs, packet.toString("latin1")));
    const before = await doors.stats();
    const beside = await load();
    const used = (await doors.stats()).cpuSeconds - before.cpuSeconds;
    await deaf();
    report(`with ours: Prosody ${beside.toFixed(2)} s, ours ${used.toFixed(2)} s`);
    await enter(CROWD);
    await untilThere(world.redis, ["nord"], CROWD);
    await doors.kill();
    const begun = performance.now();
    const serverBefore = server();
    doors = startDoors({ ...order, tenants });
    const epoch = await world.redis.hget("kontor:{nord}:presence:live", "epoch");
    await until(
      () => world.redis.hget("kontor:{nord}:presence:live", "epoch"),
      (now) => now !== null && now !== epoch,
      120_000,
    );
    await untilThere(world.redis, ["nord"], CROWD);
    const seconds = (performance.now() - begun) / 1_000;
    await pause(5_000);
    const { questions } = await doors.stats();
    report(`equal again after ${seconds.toFixed(1)} s, ${questions} questions to the server`);
    const changes = REAL_PACED.perSecond * REAL_PACED.seconds;
    const detail = { clients: CLIENTS, contactsOnlineEach: CONTACTS, changes, seconds: REAL_PACED.seconds };
    return [
      row("processor time, real Prosody", used, beside, "s", {
        ...{ better: "less", peer: "Prosody in the same run", ...detail, prosodyWithoutComponent: alone },
      }),
      row("from a client's stanza, p50", percentile(ours, 0.5), percentile(theirs, 0.5), "ms", {
        ...{ better: "less", peer: "to a contact's client", events: ours.length, copies: theirs.length },
        ...{ oursP99: percentile(ours, 0.99), peerP99: percentile(theirs, 0.99) },
      }),
      row(`equal again after a kill under ${CROWD} clients`, seconds, 10, "s", {
        ...{ better: "less", peer: "what is asked for", questions, serverProcessorSeconds: server() - serverBefore },
      }),
    ];
  } finally {
    for (const each of clients) each.close();
    await doors?.kill();
    await world.close();
  }
}
