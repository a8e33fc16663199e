import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { ensurePackages, testPackages } from "../stack/packages.ts";
import { type Stack, startStack } from "../stack/stack.ts";
import { type Counts, runJest, type Suite, suites } from "../suites/jest.ts";

/** Where the first stack of the real tests has its ports; tests that start servers of their own go above. */
const PORT_BASE = 30_000;
/** From one stack's ports to the next one's; test/support/worker.ts counts the same way. */
const PORTS = 200;
/** Most tests wait for servers more than they compute: two at once keep two cores busy. */
const WORKERS = 2;
const MOST_WORKERS = 5;

interface Options {
  readonly only?: Suite;
  readonly workers: number;
}

/** `kontor test`: everything on real servers; ends with `N passed, N failed`. */
export function command(): Command {
  return new Command("test")
    .description(
      "run all tests: unit and cases, on running stacks of their own, with faults, then those that nothing may run beside",
    )
    .addOption(new Option("--only <suite>", "one of the suites").choices(suites))
    .option("--workers <number>", "test files at once, each worker with a stack of its own", workersOf, WORKERS)
    .argument("[patterns...]", "only test files whose path has one of these")
    .action(async (patterns: string[], options: Options) => {
      process.exitCode = (await run(patterns, options)) ? 0 : 1;
    });
}

function workersOf(text: string): number {
  const workers = Number(text);
  if (Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS) return workers;
  throw new InvalidArgumentError(`Allowed is 1 to ${MOST_WORKERS}.`);
}

async function run(patterns: readonly string[], { only, workers }: Options): Promise<boolean> {
  ensurePackages((line) => console.log(line), testPackages);
  const folder = mkdtempSync(join(tmpdir(), "kt-"));
  const asked = (suite: Suite) => only === undefined || only === suite;
  const all = { folder, patterns, workers };
  // Those need no service: they go on while the services start.
  const unit = asked("unit") ? runJest("unit", asked("real") ? { ...all, workers: 1, beside: true } : all) : undefined;
  // Whoever fails first is heard when all have ended.
  const ended = unit?.catch(() => undefined);
  const found: Counts[] = [];
  try {
    if (asked("real")) found.push(await onStacks(folder, patterns, workers));
    if (unit) found.push(await unit);
    if (asked("faults")) found.push(await runJest("faults", all));
    if (asked("alone")) found.push(await runJest("alone", { ...all, workers: 1 }));
  } finally {
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
  const sum = (what: keyof Counts) => found.reduce((total, each) => total + each[what], 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  return sum("failed") === 0 && sum("passed") > 0;
}

/** The real tests of one worker share one running service, started once. */
async function onStacks(folder: string, patterns: readonly string[], workers: number): Promise<Counts> {
  const homes = Array.from({ length: workers }, (_, index) => join(folder, `home-${index + 1}`));
  const started: Stack[] = [];
  try {
    // One after the other: the first prepares the machine, and what it prints stays readable.
    for (const [index, home] of homes.entries()) {
      const portBase = PORT_BASE + index * PORTS;
      started.push(await startStack({ home, portBase, report: (line) => console.log(line) }));
    }
    const env = { TEST_HOMES: homes.join(delimiter), KONTOR_PORT_BASE: String(PORT_BASE) };
    return await runJest("real", { folder, patterns, workers, env });
  } finally {
    await Promise.all(started.map((stack) => stack.stop()));
  }
}
