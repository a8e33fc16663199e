import { readdir, readFile } from "node:fs/promises";
import { Kysely, type Migration, Migrator, PostgresDialect, sql } from "kysely";
import pg from "pg";

/** A schema of ours: a folder of numbered .sql files, and the table that says how far a database is. */
interface Schema {
  readonly folder: string;
  readonly table: string;
}
const kontor: Schema = { folder: ".", table: "kysely_migration" };
/** In the database of the XMPP server, which may be the same one. */
const personalArchive: Readonly<Record<ArchiveOf, Schema>> = {
  prosody: { folder: "archive", table: "kontor_archive_migration" },
  ejabberd: { folder: "archive-ejabberd", table: "kontor_archive_migration" },
};

/** Whose archive it is: each server has a table of its own shape. */
export type ArchiveOf = "prosody" | "ejabberd";

type Report = (line: string) => void;

/** Brings the schema of Kontor's database up to date, see bring(). */
export const migrate = (adminUrl: string, log: Report): Promise<void> => bring(kontor, adminUrl, log);

/** Brings the database of an XMPP server up to what Kontor needs in it. `adminUrl` is the owner of the server's tables. */
export const migrateArchive = (adminUrl: string, server: ArchiveOf, log: Report): Promise<void> =>
  bring(personalArchive[server], adminUrl, log);

/**
 * Runs what is new of the numbered .sql files of a folder, forward only, each in the one transaction of the run and
 * under the migrator's lock, so that several starts at once are safe. `adminUrl` is the owner of the schema.
 * Throws what PostgreSQL says, with the name of the file.
 */
async function bring({ folder, table }: Schema, adminUrl: string, log: Report): Promise<void> {
  const pool = new pg.Pool({ connectionString: adminUrl, max: 2, connectionTimeoutMillis: 5_000 });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({
      db,
      provider: { getMigrations: () => getMigrations(folder) },
      migrationTableName: table,
      migrationLockTableName: `${table}_lock`,
    });
    const { error, results = [] } = await migrator.migrateToLatest();
    for (const result of results) log(`${result.migrationName}: ${result.status}`);
    if (error) throw error;
  } finally {
    await db.destroy();
  }
}

async function getMigrations(name: string): Promise<Record<string, Migration>> {
  const folder = new URL(`./${name}/`, import.meta.url);
  const files = (await readdir(folder)).filter((name) => /^\d{4}-[a-z-]+\.sql$/.test(name)).sort();
  const migrations = files.map(async (file): Promise<[string, Migration]> => {
    const text = await readFile(new URL(file, folder), "utf8");
    return [file.replace(/\.sql$/, ""), { up: async (db) => void (await sql.raw(text).execute(db)) }];
  });
  return Object.fromEntries(await Promise.all(migrations));
}
