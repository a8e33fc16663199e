import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { type HomeOptions, withHome } from "../options.ts";
import { ask } from "../stack/control.ts";
import { demoText, readDemo } from "../stack/demo-file.ts";
import { AlreadyRuns, messageOf, StackError } from "../stack/error.ts";
import { type Home, homeOf, makeHome } from "../stack/home.ts";
import { type ServerName, serverNames } from "../stack/server-kind.ts";
import type { Stack } from "../stack/stack.ts";

/** `kontor up`: the whole service with its demo, in the foreground or detached. */
export function command(): Command {
  return withHome(new Command("up"))
    .description("start everything: database, Redis, Prosody, IRC, all processes and the demo tenants")
    .addOption(new Option("--server <name>", "the XMPP server").choices(serverNames).default(serverNames[0]))
    .option("--detach", "run in the background; logs go to the home's logs folder")
    .action(async (options: UpOptions & { detach?: boolean }) => {
      if (options.detach) await detached(homeOf(options), options.server);
      else await foreground(options);
    });
}

interface UpOptions extends HomeOptions {
  readonly server: ServerName;
}

async function foreground(options: UpOptions): Promise<void> {
  if (await ask(homeOf(options), "status")) return saySo(homeOf(options));
  const began = Date.now();
  const report = (line: string): void =>
    console.log(`[${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s] ${line}`);
  // Read here only: it brings in half of the program, which the other ways through this command do not need.
  const { openStack } = await import("../stack/stack.ts");
  let stack: Stack;
  try {
    stack = await openStack({ ...options, report });
  } catch (error) {
    if (!(error instanceof AlreadyRuns)) throw error;
    return saySo(homeOf(options));
  }
  stopOnSignals(stack, report);
  // A reader of the output that goes away (a closed pipe) must not take the service with it.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  try {
    await stack.begin();
  } catch (error) {
    if (!stopAsked) throw error;
  }
  if (!stopAsked) console.log(demoText(stack.home, stack.demo));
  const how = process.stdin.isTTY || process.stdout.isTTY ? "Ctrl-C stops it" : "'./kontor down' stops it";
  if (!stopAsked) report(`all is up; ${how}`);
  await stack.stopped;
  report("all is stopped");
}

let stopAsked = false;

function stopOnSignals(stack: Stack, report: (line: string) => void): void {
  const stop = (name: NodeJS.Signals): void => {
    if (stopAsked) {
      report("stopping by force");
      stack.killAll();
      return;
    }
    stopAsked = true;
    report(`${name}: stopping all parts (again to stop them by force)`);
    stack.stop().catch((error: unknown) => report(messageOf(error)));
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, stop);
}

/** Waits until the running service is ready, and prints where it is. */
async function saySo(home: Home): Promise<void> {
  const status = await whenReady(home, () => false);
  console.log(`Kontor runs already in ${home.folder} (pid ${status.pid}, ports from ${status.portBase}).`);
  console.log(demoText(home, readDemo(home)));
}

async function whenReady(home: Home, failed: () => boolean) {
  for (let waited = 0; waited < 300_000 && !failed(); waited += 100) {
    const status = await ask(home, "status");
    if (status?.ready) return status;
    await sleep(100);
  }
  throw new StackError(
    `the service in ${home.folder} did not come up; see ${join(home.folder, "logs", "supervisor.log")}`,
  );
}

async function detached(home: Home, server: ServerName): Promise<void> {
  if (await ask(home, "status")) return saySo(home);
  makeHome(home);
  const path = join(home.folder, "logs", "supervisor.log");
  const log = openSync(path, "w", 0o600);
  const self = [...process.execArgv, ...process.argv.slice(1, 2), "up", "--home", home.folder];
  const child = spawn(process.execPath, [...self, "--port-base", String(home.portBase), "--server", server], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  try {
    await whenReady(home, () => ended);
  } catch {
    throw new StackError(
      `the start failed:\n${readFileSync(path, "utf8").trimEnd().split("\n").slice(-15).join("\n")}`,
    );
  }
  child.unref();
  console.log(readFileSync(path, "utf8").trimEnd());
}
