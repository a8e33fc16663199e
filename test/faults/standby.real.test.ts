import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { repository } from "../../cli/stack/home.ts";
import { readyz } from "../../cli/stack/probe.ts";
import { eventually } from "../support/real.ts";
import { auditRoom, openRoom, type RoomCase } from "./room-case.ts";
import { openWorld, type World } from "./world.ts";

const CAST = { tenant: 0, people: 3, texts: 300 } as const;
const COME_UP_MS = 40_000;

let world: World;
let second: ChildProcess | undefined;
let room: RoomCase | undefined;

beforeAll(async () => {
  world = await openWorld();
}, 120_000);
afterEach(async () => {
  await room?.close();
  if (second?.exitCode === null && second.signalCode === null) {
    const exit = once(second, "exit");
    second.kill("SIGKILL");
    await exit;
  }
}, 30_000);
afterAll(() => world?.close(), 60_000);

/** A free port of this system's range for the health door of the process started by hand. */
const secondPort = () => world.stack.home.portBase + 95;

function startSecond(): ChildProcess {
  const args = ["--import", `${repository}node_modules/tsx/dist/loader.mjs`, `${repository}cli/main.ts`, "components"];
  const env = { ...process.env, ...world.stack.env, KONTOR_HEALTH_COMPONENTS_PORT: String(secondPort()) };
  return spawn(process.execPath, args, { env, cwd: world.stack.home.folder, stdio: "ignore" });
}

/** What the second process says of its readiness: undefined before it says anything. */
async function verdict(): Promise<string | undefined> {
  return readyz(secondPort()).then(
    () => "serves",
    (error: unknown) => (error instanceof Error && error.message.includes("no stream for") ? "stands by" : undefined),
  );
}

async function fence(): Promise<number | undefined> {
  const tenant = world.stack.demo.tenants[CAST.tenant]?.id ?? "";
  const found = await world.db.withTenants([tenant], (trx) =>
    sql<{ fence: number }>`select fence from room_owner where tenant_id = ${tenant}`.execute(trx),
  );
  return found.rows[0]?.fence;
}

it("a second components process stands by, and takes over when the first dies", async () => {
  const { stack } = world;
  room = await openRoom(world, `standby-${Date.now().toString(36)}`, CAST);
  const { talkers, listener } = room;
  const before = { fence: await fence(), pid: stack.pid("components") };
  second = startSecond();
  await eventually(async () => ((await verdict()) === "stands by" ? true : undefined), "standing by", COME_UP_MS);

  // It disturbs nobody: all is reflected without a refusal, by the same owner as before.
  const talk = Promise.all(talkers.map((talker) => talker.talk()));
  await Promise.race([room.untilReflected(300), talk]);
  expect([await verdict(), [...room.refusals]]).toEqual(["stands by", []]);
  expect({ fence: await fence(), pid: stack.pid("components") }).toEqual(before);

  // The first dies; what the supervisor starts in its place is held before it can be quicker than the standby.
  await stack.kill("components", "SIGKILL");
  const successor = await eventually(async () => stack.pid("components"), "a successor", COME_UP_MS);
  process.kill(successor, "SIGSTOP");
  try {
    await eventually(async () => ((await verdict()) === "serves" ? true : undefined), "taking over", COME_UP_MS);
    for (const talker of talkers) talker.resume();
    await talk;
  } finally {
    process.kill(successor, "SIGCONT");
  }
  const figures = await auditRoom(world, CAST.tenant, room);
  console.info(
    `standby took over: ${Object.entries(figures)
      .map(([key, value]) => `${key} ${value}`)
      .join(", ")}`,
  );
  expect(await fence()).toBeGreaterThan(before.fence ?? Number.POSITIVE_INFINITY);
  for (const talker of [...talkers, listener]) {
    expect([talker.nick, talker.signIns, talker.joins, await talker.isInside()]).toEqual([talker.nick, 1, 1, true]);
  }

  // And back again: the standby dies, and the process that waited serves.
  second.kill("SIGKILL");
  await stack.whenUp("components");
  expect(await listener.isInside()).toBe(true);
}, 150_000);
