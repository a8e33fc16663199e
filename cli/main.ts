import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { nearest } from "../config/nearest.ts";
import { SettingsError } from "../config/settings.ts";
import { StackError } from "./stack/error.ts";

/** Every subcommand in the order of the help; each is a file of its name in ./commands that exports `command()`. */
const names = [
  ...["up", "down", "status", "logs", "tour", "test", "bench", "config", "migrate", "verify"],
  ...["tenant", "person", "token"],
  ...["components", "gateway", "worker", "server-agent"],
];

async function load(name: string): Promise<Command | undefined> {
  const file = new URL(`./commands/${name}.ts`, import.meta.url);
  if (!existsSync(fileURLToPath(file))) return undefined;
  const module: unknown = await import(file.href);
  if (typeof module !== "object" || module === null || !("command" in module) || typeof module.command !== "function") {
    throw new TypeError(`${file.href} exports no command()`);
  }
  const command: unknown = module.command();
  if (!(command instanceof Command)) throw new TypeError(`command() of ${file.href} gives no Command`);
  return command;
}

async function main(args: readonly string[]): Promise<void> {
  const program = new Command("kontor")
    .description("XMPP components that turn a Prosody and Jitsi installation into a service for many tenants")
    .exitOverride();
  // Only the file of the command asked for is read, so that each starts fast; the help reads all.
  const asked = args.find((arg) => !arg.startsWith("-"));
  const wanted = asked && asked !== "help" ? names.filter((name) => name === asked) : names;
  for (const name of wanted) {
    const command = await load(name);
    if (command) program.addCommand(command);
  }
  if (asked && asked !== "help" && program.commands.length === 0) {
    const near = nearest(asked, names);
    throw new StackError(`unknown command '${asked}'${near ? `: did you mean ${near}?` : ""} (see './kontor help')`);
  }
  await program.parseAsync([...args], { from: "user" });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    const expected = error instanceof StackError || error instanceof SettingsError;
    console.error(expected ? `kontor: ${error.message}` : error);
    process.exitCode = 1;
  }
}
