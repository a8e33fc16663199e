import pg from "pg";
import type { Home } from "./home.ts";
import { ownerUrl } from "./parts/postgres.ts";
import type { Secrets } from "./secrets.ts";

/** Connections of the service to its databases. */
export interface DatabaseUrls {
  /** The database `kontor` as its owner. */
  readonly kontor: string;
  /** The database of Prosody's personal archives. */
  readonly archive: string;
}

/** Databases `kontor` and `prosody`, each owned by a role of its name; made when they are missing. */
export async function ensureDatabases(home: Home, secrets: Secrets): Promise<DatabaseUrls> {
  const client = new pg.Client({ connectionString: ownerUrl(home, secrets) });
  await client.connect();
  try {
    const wanted = [
      // It creates the role under which row-level security holds.
      { name: "kontor", password: secrets.kontorDatabase, powers: "createrole" },
      { name: "prosody", password: secrets.prosodyDatabase, powers: "" },
    ];
    for (const { name, password, powers } of wanted) {
      const role = await client.query("select from pg_roles where rolname = $1", [name]);
      const verb = role.rowCount ? "alter" : "create";
      await client.query(`${verb} role ${name} login ${powers} password ${client.escapeLiteral(password)}`);
      const database = await client.query("select from pg_database where datname = $1", [name]);
      if (database.rowCount) continue;
      await client.query(`create database ${name} owner ${name}`);
      await client.query(`revoke all on database ${name} from public`);
    }
  } finally {
    await client.end();
  }
  const url = (name: string, password: string): string =>
    `postgres://${name}:${password}@127.0.0.1:${home.ports.postgres}/${name}`;
  return { kontor: url("kontor", secrets.kontorDatabase), archive: url("prosody", secrets.prosodyDatabase) };
}
