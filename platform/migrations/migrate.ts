import { readdir, readFile } from "node:fs/promises";
import { Kysely, type Migration, Migrator, PostgresDialect, sql } from "kysely";
import pg from "pg";

/**
 * Runs what is new of the numbered .sql files of this folder, forward only, each in the one transaction of the run and
 * under the migrator's lock, so that several starts at once are safe. `adminUrl` is the owner of the schema.
 * Throws what PostgreSQL says, with the name of the file.
 */
export async function migrate(adminUrl: string, log: (line: string) => void): Promise<void> {
  const pool = new pg.Pool({ connectionString: adminUrl, max: 2, connectionTimeoutMillis: 5_000 });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations } });
    const { error, results = [] } = await migrator.migrateToLatest();
    for (const result of results) log(`${result.migrationName}: ${result.status}`);
    if (error) throw error;
  } finally {
    await db.destroy();
  }
}

async function getMigrations(): Promise<Record<string, Migration>> {
  const folder = new URL(".", import.meta.url);
  const files = (await readdir(folder)).filter((name) => /^\d{4}-[a-z-]+\.sql$/.test(name)).sort();
  const migrations = files.map(async (name): Promise<[string, Migration]> => {
    const text = await readFile(new URL(name, folder), "utf8");
    return [name.replace(/\.sql$/, ""), { up: async (db) => void (await sql.raw(text).execute(db)) }];
  });
  return Object.fromEntries(await Promise.all(migrations));
}
