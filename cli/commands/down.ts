import { Command } from "commander";
import { type HomeOptions, withHome } from "../options.ts";
import { ask } from "../stack/control.ts";
import { homeOf, makeHome } from "../stack/home.ts";
import { stopOrphans } from "../stack/run-file.ts";

/** `kontor down`: stops what `up` started, and waits for it. */
export function command(): Command {
  return withHome(new Command("down"))
    .description("stop everything that 'up' started")
    .action(async (options: HomeOptions) => {
      const home = homeOf(options);
      makeHome(home);
      if (await ask(home, "stop")) console.log(`All is stopped in ${home.folder}.`);
      else {
        await stopOrphans(home, (line) => console.log(line));
        console.log(`Nothing runs in ${home.folder}.`);
      }
    });
}
