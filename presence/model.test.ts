/**
 * Random people on a real server and a real Redis, any of whose parts ends and comes back at any time, beside a model of
 * a few lines: what is stored, and what somebody has who follows the changes alone, ends equal to it.
 * A failure prints its seed: `PRESENCE_SEED=… jest presence/model` plays the same again.
 */
import { afterAll, beforeAll, jest, test } from "@jest/globals";
import type { Client } from "@xmpp/client";
import fc from "fast-check";
import type { ServedDoor } from "../components/door.ts";
import { redisReady } from "../platform/redis.ts";
import { available, nord, type PresenceWorld, presenceWorld } from "../test/support/presence-servers.ts";
import { until } from "./redis-under-test.ts";
import { type ChangePosition, presenceReader } from "./store.ts";

jest.setTimeout(240_000);

const RUNS = 8;
const COMMANDS = 30;
const people = ["anna", "bert", "carl"] as const;
const devices = people.flatMap((name) => ["phone", "desk"].map((resource) => `${name}/${resource}`));

/** Device -> what it shows; who is signed in and has not said anything is not there. */
type Model = Map<string, string>;

interface Real {
  readonly world: PresenceWorld;
  readonly clients: Map<string, Client>;
  served: ServedDoor;
  /** What follows the changes: where it stands, and what it has seen. */
  position: ChangePosition | undefined;
  readonly followed: Map<string, string[]>;
}

type Command = fc.AsyncCommand<Model, Real>;

/** Reads what is new, as an event stream does. */
async function follow(real: Real): Promise<void> {
  const reader = presenceReader(real.world.redis);
  const found = await reader.changesSince("nord", real.position, 100);
  if (found.since === undefined) return;
  const names = found.reset ? people : found.localparts;
  const seen = await reader.read("nord", names);
  if (seen.since === undefined) return;
  for (const name of names) {
    real.followed.set(
      name,
      seen.people.get(name)?.devices.map((each) => `${name}/${each.resource} ${each.show}`) ?? [],
    );
  }
  real.position = { generation: found.generation, seq: found.seq };
}

const says = (each: string, show: string): Command => ({
  check: () => true,
  run: async (model, real) => {
    const [name = "", resource = ""] = each.split("/");
    const who = real.clients.get(each) ?? (await real.world.signIn(`${name}@${nord}`, resource));
    real.clients.set(each, who);
    await available(who, show === "online" ? {} : { show });
    model.set(each, show);
  },
  toString: () => `${each} is ${show}`,
});

const goes = (each: string, cut: boolean): Command => ({
  check: (model) => model.has(each),
  run: async (model, real) => {
    const who = real.clients.get(each);
    if (who) await (cut ? real.world.drop(who) : real.world.signOff(who));
    real.clients.delete(each);
    model.delete(each);
  },
  toString: () => `${each} ${cut ? "is cut off" : "signs off"}`,
});

const happens = (what: string, run: Command["run"]): Command => ({ check: () => true, run, toString: () => what });

const ends = [
  happens("the components start anew", async (_model, real) => {
    await real.served.close();
    real.served = real.world.openDoor();
  }),
  happens("the stream breaks", async (_model, { world }) => {
    world.cable.cut();
    world.cable.mend();
  }),
  happens("the server is killed and starts", async (model, { world, clients }) => {
    await world.killProsody();
    clients.clear();
    model.clear();
    await world.startProsody();
  }),
  happens("Redis is emptied", async (_model, { world }) => void (await world.redis.flushall())),
  happens("Redis is killed and starts", async (_model, { world }) => {
    await world.redisServer.kill();
    // Until the connection knows of it, it would count as ready.
    await until(
      () => world.redis.status,
      (status) => status !== "ready",
    );
    world.redisServer.start();
    await redisReady(world.redis, 20_000);
  }),
  happens("somebody reads", async (_model, real) => follow(real).catch(() => undefined)),
];

const device = fc.constantFrom(...devices);
const on = fc.tuple(device, fc.constantFrom("online", "away", "dnd")).map(([each, show]) => says(each, show));
const commands = fc.commands(
  [
    on,
    on,
    fc.tuple(device, fc.boolean()).map(([each, cut]) => goes(each, cut)),
    fc.constantFrom(...ends),
    fc.constantFrom(...ends),
  ],
  { maxCommands: COMMANDS, size: "max" },
);

let world: PresenceWorld;
beforeAll(async () => {
  world = await presenceWorld(people);
});
afterAll(() => world.close());

test("whatever people do and whatever ends, the store and who follows it end equal to the model", async () => {
  const model: Model = new Map();
  await fc.assert(
    fc.asyncProperty(commands, async (list) => {
      model.clear();
      await world.redis.flushall();
      const real: Real = {
        world,
        clients: new Map(),
        served: world.openDoor(),
        position: undefined,
        followed: new Map(),
      };
      try {
        await fc.asyncModelRun(() => ({ model, real }), list);
        const wanted = [...model].map(([each, show]) => `${each} ${show}`).sort();
        const reader = presenceReader(world.redis);
        const stored = async () => {
          const { since, people: there } = await reader.read("nord", people);
          if (since === undefined) return ["unknown"];
          return [...there]
            .flatMap(([name, each]) => each.devices.map(({ resource, show }) => `${name}/${resource} ${show}`))
            .sort();
        };
        const equal = (found: readonly string[]) => found.join() === wanted.join();
        await until(() => stored().catch(() => ["away"]), equal);
        await until(async () => {
          await follow(real).catch(() => undefined);
          return [...real.followed.values()].flat().sort();
        }, equal);
      } finally {
        await world.signOffAll();
        await real.served.close();
      }
    }),
    {
      numRuns: RUNS,
      endOnFailure: true,
      ...(process.env.PRESENCE_SEED ? { seed: Number(process.env.PRESENCE_SEED) } : {}),
    },
  );
});
