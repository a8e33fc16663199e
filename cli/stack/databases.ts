import pg from "pg";
import type { Home } from "./home.ts";
import { ownerUrl } from "./parts/postgres.ts";
import type { Secrets } from "./secrets.ts";
import type { ServerName } from "./server-kind.ts";

/** Connections of the service to its databases. */
export interface DatabaseUrls {
  /** The database `kontor` as its owner. */
  readonly kontor: string;
  /** The database of personal archives, as the XMPP server has it. */
  readonly archive: string;
  /** The same as Kontor has it: for messages of tenants' hosts only. */
  readonly archiveReader: string;
}

/** Databases `kontor` and one with the name of the XMPP server, each owned by a role of its name; made when they are missing. */
export async function ensureDatabases(home: Home, secrets: Secrets, server: ServerName): Promise<DatabaseUrls> {
  const client = new pg.Client({ connectionString: ownerUrl(home, secrets) });
  await client.connect();
  try {
    const wanted = [
      // It creates the role under which row-level security holds.
      { name: "kontor", password: secrets.kontorDatabase, powers: "createrole" },
      { name: server, password: secrets.prosodyDatabase, powers: "" },
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
    const reader = await client.query("select from pg_roles where rolname = 'kontor_archive'");
    const verb = reader.rowCount ? "alter" : "create";
    await client.query(`${verb} role kontor_archive login password ${client.escapeLiteral(secrets.archiveDatabase)}`);
    await client.query(`grant connect on database ${server} to kontor_archive`);
  } finally {
    await client.end();
  }
  const url = (database: string, password: string, role = database): string =>
    `postgres://${role}:${password}@127.0.0.1:${home.ports.postgres}/${database}`;
  return {
    kontor: url("kontor", secrets.kontorDatabase),
    archive: url(server, secrets.prosodyDatabase),
    archiveReader: url(server, secrets.archiveDatabase, "kontor_archive"),
  };
}
