import type { Command } from "commander";

export interface HomeOptions {
  readonly home?: string;
  readonly portBase?: string;
}

/** Adds --home and --port-base to a command that concerns one running service. */
export function withHome(command: Command): Command {
  return command
    .option("--home <folder>", "folder of all data and logs (KONTOR_HOME; default .kontor in the program's folder)")
    .option("--port-base <number>", "first of the ports (KONTOR_PORT_BASE; default 25000)");
}
