import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { sampleYaml } from "../../config/sample.ts";
import { loadSettings } from "../../config/settings.ts";
import { type HomeOptions, withHome } from "../options.ts";
import { StackError } from "../stack/error.ts";
import { homeOf } from "../stack/home.ts";

/** `kontor config`: the sample of all settings, the running Prosody configuration, or a check of the settings. */
export function command(): Command {
  return withHome(new Command("config"))
    .description("check the settings, or show their sample or the generated Prosody configuration")
    .option("--sample", "print a YAML file with every setting, its bounds and default")
    .option("--prosody", "print the Prosody configuration of this home (holds secrets)")
    .action((options: HomeOptions & { sample?: boolean; prosody?: boolean }) => {
      if (options.sample) process.stdout.write(sampleYaml());
      else if (options.prosody) process.stdout.write(prosodyOf(homeOf(options).folder));
      else {
        loadSettings();
        console.log("The settings can be used.");
      }
    });
}

function prosodyOf(folder: string): string {
  try {
    return readFileSync(join(folder, "prosody", "prosody.cfg.lua"), "utf8");
  } catch {
    throw new StackError(`no Prosody configuration in ${folder} yet; './kontor up' writes it`);
  }
}
