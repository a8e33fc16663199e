import pg from "pg";
import { homeOf } from "../../cli/stack/home.ts";
import { ownerUrl } from "../../cli/stack/parts/postgres.ts";
import { loadSecrets } from "../../cli/stack/secrets.ts";
import { migrate } from "../../platform/migrations/migrate.ts";
import { type Database, openDatabase } from "../../platform/postgres.ts";
import { realStack, silentLog } from "./real.ts";

export interface ScratchDatabase {
  /** As the application role. */
  readonly db: Database;
  /** As the owner of the schema, with the lock timeout that the worker has. */
  readonly owner: Database;
  /** The owner's connection. */
  readonly url: string;
  drop(): Promise<void>;
}

/** A new, migrated database in the stack's PostgreSQL, for tests that change what the running processes would notice. */
export async function scratchDatabase(): Promise<ScratchDatabase> {
  const { home, settings } = realStack();
  const at = homeOf({ home });
  const url = new URL(settings.database.adminUrl ?? settings.database.url);
  const superuser = new URL(ownerUrl(at, loadSecrets(at)));
  superuser.host = url.host;
  const server = new pg.Client({ connectionString: superuser.href });
  await server.connect();
  const name = `scratch_${Date.now().toString(36)}_${process.pid}`;
  await server.query(`create database ${name} owner ${url.username}`);
  url.pathname = `/${name}`;
  await migrate(url.href, () => undefined);
  const db = openDatabase({ url: url.href, role: settings.database.role, poolSize: 6 }, silentLog);
  const owner = openDatabase({ url: url.href, poolSize: 6, lockTimeoutMs: 1_000 }, silentLog);
  return {
    db,
    owner,
    url: url.href,
    drop: async () => {
      await db.close();
      await owner.close();
      await server.query(`drop database ${name} with (force)`);
      await server.end();
    },
  };
}
