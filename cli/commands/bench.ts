import { Command } from "commander";
import { messageOf, StackError } from "../stack/error.ts";

/** A benchmark that runs longer gives up, and stops what it started, unless it has a limit of its own. */
const LIMIT_MS = 10 * 60_000;

/** `kontor bench [NAME]`: lists the benchmarks, or runs one: a peer beside us on this machine, in one run. */
export function command(): Command {
  return new Command("bench")
    .description("run a benchmark: a peer beside us in one run; without a name, list them")
    .argument("[name]")
    .option("--json", "one JSON object a row instead of a table")
    .action(run);
}

async function run(name: string | undefined, options: { json?: boolean }): Promise<void> {
  // Benchmarks belong to the tests; a service that is merely installed has no need of them.
  const { benchmarks } = await import("../../test/bench/registry.ts");
  const { tableOf } = await import("../../test/bench/table.ts");
  if (name === undefined) {
    for (const each of benchmarks) console.log(`${each.name.padEnd(12)} ${each.description}`);
    return;
  }
  const benchmark = benchmarks.find((each) => each.name === name);
  if (!benchmark) {
    throw new StackError(`unknown benchmark '${name}'; there are ${benchmarks.map((each) => each.name).join(", ")}`);
  }
  const abort = new AbortController();
  const limitMs = benchmark.limitMs ?? LIMIT_MS;
  const timer = setTimeout(() => abort.abort(new StackError(`gave up after ${limitMs / 1_000} s`)), limitMs);
  const stop = () => abort.abort(new StackError("stopped"));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  try {
    // Progress goes to the error output, so that the rows can be piped.
    const rows = await benchmark.run((line) => console.error(line), abort.signal);
    console.log(options.json ? rows.map((row) => JSON.stringify(row)).join("\n") : tableOf(rows));
  } catch (error) {
    throw error instanceof StackError ? error : new StackError(`${name}: ${messageOf(error)}`);
  } finally {
    clearTimeout(timer);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, stop);
  }
}
