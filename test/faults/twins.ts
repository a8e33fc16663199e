/** Two components processes: one serves and one stands by, started by hand so that a test may kill the one that serves. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { repository } from "../../cli/stack/home.ts";
import { readyz } from "../../cli/stack/probe.ts";
import { eventually } from "../support/real.ts";
import type { World } from "./world.ts";

const COME_UP_MS = 40_000;

export interface Twins {
  /** Kills the process that serves, at once; resolves when it has ended. */
  kill(): Promise<void>;
  /** Resolves when the other one serves, and a new one stands by beside it. */
  restored(): Promise<void>;
  close(): Promise<void>;
}

interface Twin {
  readonly process: ChildProcess;
  readonly port: number;
}

/** What a process says of its readiness: undefined before it says anything. */
async function verdict(port: number): Promise<string | undefined> {
  return readyz(port).then(
    () => "serves",
    (error: unknown) => (error instanceof Error && error.message.includes("no stream for") ? "stands by" : undefined),
  );
}

const becomes = (twin: Twin, wanted: string) =>
  eventually(async () => ((await verdict(twin.port)) === wanted ? true : undefined), wanted, COME_UP_MS);

/** Starts both in a world without processes of our own. */
export async function openTwins(world: World): Promise<Twins> {
  const ports = [world.stack.home.portBase + 94, world.stack.home.portBase + 95];
  const start = (port: number): Twin => {
    const loader = `${repository}node_modules/tsx/dist/loader.mjs`;
    const env = { ...process.env, ...world.stack.env, KONTOR_HEALTH_COMPONENTS_PORT: String(port) };
    const child = spawn(process.execPath, ["--import", loader, `${repository}cli/main.ts`, "components"], {
      ...{ env, cwd: world.stack.home.folder, stdio: "ignore" },
    });
    return { process: child, port };
  };
  const end = async ({ process: child }: Twin) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  };
  let serving = start(ports[0] ?? 0);
  await becomes(serving, "serves");
  let standby = start(ports[1] ?? 0);
  await becomes(standby, "stands by");
  return {
    kill: () => end(serving),
    restored: async () => {
      await becomes(standby, "serves");
      const { port } = serving;
      serving = standby;
      standby = start(port);
      await becomes(standby, "stands by");
    },
    close: async () => {
      await Promise.all([end(serving), end(standby)]);
    },
  };
}
