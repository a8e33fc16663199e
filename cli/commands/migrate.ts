import { Command } from "commander";
import { loadDatabaseSettings } from "../../config/settings.ts";
import { migrate } from "../../platform/migrations/migrate.ts";

/** `kontor migrate`: brings the schema of the database to this version; safe to run at any time and twice at once. */
export function command(): Command {
  return new Command("migrate").description("bring the database schema to this version").action(async () => {
    const { url, adminUrl } = loadDatabaseSettings();
    await migrate(adminUrl ?? url, (line) => console.log(line));
    console.log("The schema is up to date.");
  });
}
