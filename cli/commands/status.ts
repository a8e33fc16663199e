import { Command } from "commander";
import { type HomeOptions, withHome } from "../options.ts";
import { ask, type Status } from "../stack/control.ts";
import { homeOf } from "../stack/home.ts";

function table({ parts }: Status): string {
  const head = ["part", "pid", "state", "restarts", "since", "port"];
  const rows = parts.map((part) => [part.name, part.pid ?? "-", part.state, part.restarts, part.since, part.port]);
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** `kontor status`: each part and whether it serves; the exit code is 0 only when all do. */
export function command(): Command {
  return withHome(new Command("status"))
    .description("show every part; exit code 0 only when all are up")
    .option("--json", "as JSON")
    .action(async (options: HomeOptions & { json?: boolean }) => {
      const home = homeOf(options);
      const status = await ask(home, "status");
      const allUp = status?.ready === true && status.parts.every(({ state }) => state === "up");
      if (!allUp) process.exitCode = 1;
      if (options.json) console.log(JSON.stringify(status ?? { ready: false, parts: [] }, null, 2));
      else console.log(status ? table(status) : `Nothing runs in ${home.folder}; start it with './kontor up'.`);
    });
}
