import { Command } from "commander";
import { createLog } from "../../platform/log.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { type HomeOptions, withHome } from "../options.ts";
import { readDemo } from "../stack/demo-file.ts";
import { readEnvironment } from "../stack/environment.ts";
import { homeOf } from "../stack/home.ts";
import { type Cast, steps } from "../tour/steps.ts";
import { openWorld } from "../tour/world.ts";

/** `kontor tour`: plays the story against the running demo with real clients; exit code 1 when a step does not hold. */
export function command(): Command {
  return withHome(new Command("tour"))
    .description("play the whole story against the running demo, with real clients, and tick each step")
    .action(async (options: HomeOptions) => {
      process.exitCode = (await tour(options)) ? 0 : 1;
    });
}

async function tour(options: HomeOptions): Promise<boolean> {
  const home = homeOf(options);
  const world = openWorld(readDemo(home));
  const { KONTOR_DATABASE_URL: url = "" } = readEnvironment(home);
  const cast: Cast = { db: openDatabase({ url, poolSize: 2 }, createLog("tour", "error")) };
  let failed = 0;
  const began = performance.now();
  try {
    for (const { title, run } of steps) {
      const started = performance.now();
      const problem = await run(world, cast).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      const ms = Math.round(performance.now() - started);
      console.log(problem === undefined ? `✓ ${title} (${ms} ms)` : `✗ ${title}\n    ${problem}`);
      if (problem !== undefined) failed += 1;
    }
  } finally {
    await world.close();
    await cast.db.close();
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(`${steps.length - failed} of ${steps.length} steps hold (${seconds} s)`);
  return failed === 0;
}
