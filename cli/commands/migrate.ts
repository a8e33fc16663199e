import { Command } from "commander";
import { migrate, migrateArchive } from "../../platform/migrations/migrate.ts";
import { archiveOwner, ownerUrl } from "../database.ts";
import { type HomeOptions, withHome } from "../options.ts";

/** `kontor migrate`: brings the schema of the database to this version; safe to run at any time and twice at once. */
export function command(): Command {
  return withHome(new Command("migrate"))
    .description("bring the database schema to this version")
    .action(async (options: HomeOptions) => {
      await migrate(ownerUrl(options), (line) => console.log(line));
      const archive = archiveOwner(options);
      if (archive !== undefined)
        await migrateArchive(archive.url, archive.server, (line) => console.log(`archive ${line}`));
      console.log("The schema is up to date.");
    });
}
