import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { nearest } from "../../config/nearest.ts";
import { type HomeOptions, withHome } from "../options.ts";
import { StackError } from "../stack/error.ts";
import { homeOf } from "../stack/home.ts";

const shownBytes = 16_384;

/** `kontor logs [part]`: the end of the logs of one part or all; --follow goes on with what is written. */
export function command(): Command {
  return withHome(new Command("logs"))
    .description("show the end of the logs of one part, or of all")
    .argument("[part]", "name of a part, as 'status' shows it")
    .option("-f, --follow", "go on with what is written, until Ctrl-C")
    .action(async (part: string | undefined, options: HomeOptions & { follow?: boolean }) => {
      const folder = join(homeOf(options).folder, "logs");
      const all = existsSync(folder) ? readdirSync(folder).flatMap((name) => /^(.+)\.log$/.exec(name)?.[1] ?? []) : [];
      const names = part ? all.filter((name) => name === part) : all;
      if (names.length === 0) throw new StackError(missing(part, all, folder));
      const readers = names.map((name) => reader(join(folder, `${name}.log`), names.length > 1 ? `${name}: ` : ""));
      do {
        for (const read of readers) process.stdout.write(read());
        if (options.follow) await sleep(300);
      } while (options.follow);
    });
}

function missing(part: string | undefined, all: readonly string[], folder: string): string {
  if (!part || all.length === 0) return `no logs in ${folder}; start the service with './kontor up'`;
  const near = nearest(part, all);
  return `no log of '${part}'${near ? `: did you mean ${near}?` : ""} There are ${all.join(", ")}`;
}

/** Gives at each call what is new in the file: first its end, and from the start after a rotation. */
function reader(path: string, prefix: string): () => string {
  let file = openSync(path, "r");
  let at = Math.max(0, statSync(path).size - shownBytes);
  let midLine = at > 0;
  return () => {
    if (existsSync(path) && statSync(path).size < at) {
      closeSync(file);
      file = openSync(path, "r");
      at = 0;
    }
    const buffer = Buffer.alloc(65_536);
    const length = readSync(file, buffer, 0, buffer.length, at);
    // Whole lines only, unless one is longer than the buffer.
    const end = buffer.lastIndexOf(10, length - 1) + 1 || (length === buffer.length ? length : 0);
    at += end;
    let text = buffer.toString("utf8", 0, end);
    if (midLine) text = text.slice(text.indexOf("\n") + 1);
    midLine = false;
    return prefix ? text.replace(/^(?=.)/gm, prefix) : text;
  };
}
