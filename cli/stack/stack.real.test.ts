import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "@jest/globals";
import { AlreadyRuns } from "./error.ts";
import { repository } from "./home.ts";
import { startTime } from "./processes.ts";
import { type Stack, startStack } from "./stack.ts";

const portBase = Number(process.env.KONTOR_TEST_PORT_BASE);
const servers = ["postgres", "redis", "prosody", "irc"];
let folder: string;
let stack: Stack | undefined;
const lines: string[] = [];

const start = async (base = portBase): Promise<Stack> => {
  const report = (line: string): void => void lines.push(line);
  stack = await startStack({ home: join(folder, "home"), portBase: base, withKontor: false, report });
  return stack;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ks-"));
});
afterEach(async () => {
  await stack?.stop();
  lines.length = 0;
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it("brings back each server that is killed, and leaves nothing behind when stopped", async () => {
  const running = await start();
  for (const name of servers) {
    const before = running.pid(name);
    await running.kill(name, "SIGKILL");
    await running.whenUp(name);
    expect(running.pid(name)).not.toBe(before);
  }
  const pids = servers.map((name) => running.pid(name) ?? 0);
  expect(running.status().parts.every(({ state, restarts }) => state === "up" && restarts >= 1)).toBe(true);
  await running.stop();
  expect(pids.map(startTime)).toEqual(servers.map(() => undefined));
}, 120_000);

it("stops while a server is still coming back", async () => {
  const running = await start();
  await running.kill("redis", "SIGKILL");
  await running.stop();
  expect(servers.map((name) => running.pid(name))).toEqual(servers.map(() => undefined));
}, 60_000);

it("refuses a home that runs, and names who holds a port", async () => {
  const running = await start();
  await expect(startStack({ home: join(folder, "home"), portBase, withKontor: false })).rejects.toThrow(AlreadyRuns);
  const other = startStack({ home: join(folder, "other"), portBase, withKontor: false });
  await expect(other).rejects.toThrow(`held by pid ${running.pid("redis")} (redis-server`);
}, 60_000);

it("stops what a killed supervisor left, and keeps accounts and secrets", async () => {
  const first = await start();
  const { demo } = first;
  await first.stop();
  const code = `import("${join(repository, "cli/stack/stack.ts")}").then(({ startStack }) => startStack({
    home: "${join(folder, "home")}", portBase: ${portBase}, withKontor: false })).then(() => console.log("up"))`;
  const supervisor = spawn(process.execPath, ["--import", "tsx", "--eval", code], { cwd: repository });
  await once(supervisor.stdout, "data");
  const run = JSON.parse(await readFile(join(folder, "home", "run.json"), "utf8"));
  supervisor.kill("SIGKILL");
  await once(supervisor, "exit");
  const second = await start();
  expect(lines.filter((line) => line.startsWith("stopping "))).toHaveLength(servers.length);
  expect(run.parts.map(({ pid }: { pid: number }) => startTime(pid))).toEqual(servers.map(() => undefined));
  expect(second.demo).toEqual(demo);
}, 120_000);
