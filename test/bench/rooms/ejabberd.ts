/** ejabberd with its own rooms and their archive in the same PostgreSQL, beside the stack of the benchmark. */
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { ejabberd, ensurePackages } from "../../../cli/stack/packages.ts";
import { Part } from "../../../cli/stack/part.ts";
import { ejabberdNode } from "../../../cli/stack/parts/ejabberd.ts";
import { ownerUrl } from "../../../cli/stack/parts/postgres.ts";
import { RotatingLog } from "../../../cli/stack/rotating-log.ts";
import { loadSecrets, makePassword } from "../../../cli/stack/secrets.ts";
import { serviceUser } from "../../../cli/stack/service-user.ts";
import type { Account } from "./connection.ts";
import type { BenchServer } from "./server.ts";

export interface Ejabberd {
  readonly host: string;
  readonly port: number;
  readonly domain: string;
  readonly pid: number;
  readonly archiveUrl: string;
  readonly people: readonly Account[];
  stop(): Promise<void>;
}

const DOMAIN = "peer.localhost";
const LOOPBACK = "127.0.0.1";
/** Debian's schema for its archives. */
const SCHEMA = "/usr/share/ejabberd/sql/pg.sql";

/** Rooms as ejabberd's users have them, archived in SQL; nothing that slows a sender down. */
function configOf(
  port: number,
  socket: string,
  database: { readonly port: number; readonly password: string },
): string {
  const listen = [
    { port, ip: LOOPBACK, module: "ejabberd_c2s", access: "all", shaper: "none", max_fsm_queue: 100_000 },
    { port: `unix:${socket}`, module: "ejabberd_http", request_handlers: { "/api": "mod_http_api" } },
  ];
  const sql = {
    ...{ sql_type: "pgsql", sql_server: LOOPBACK, sql_port: database.port, sql_database: "ejabberd" },
    ...{ sql_username: "ejabberd", sql_password: database.password, new_sql_schema: false },
  };
  const muc = {
    ...{ host: `muc.${DOMAIN}`, max_users: 5_000, min_message_interval: 0, min_presence_interval: 0, history_size: 20 },
    ...{ user_message_shaper: "none", room_shaper: "none", default_room_options: { mam: true } },
  };
  const config = {
    ...{ hosts: [DOMAIN], loglevel: "warning", auth_method: "internal", auth_password_format: "scram" },
    ...{ ...sql, max_fsm_queue: 100_000, listen },
    api_permissions: { accounts: { from: "mod_http_api", who: "all", what: ["register", "status"] } },
    modules: {
      ...{ mod_disco: {}, mod_http_api: {}, mod_roster: {}, mod_stream_mgmt: {}, mod_carboncopy: {} },
      ...{ mod_mam: { db_type: "sql", default: "never" }, mod_muc: muc },
    },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

/** Starts it with its accounts. Rejects when it does not come up; then nothing of it is left running. */
export async function startEjabberd(
  { stack }: BenchServer,
  users: readonly string[],
  report: (line: string) => void,
): Promise<Ejabberd> {
  ensurePackages(report, ejabberd);
  const { home } = stack;
  const archiveUrl = await makeDatabase(ownerUrl(home, loadSecrets(home)), home.ports.postgres);
  const folder = join(home.folder, "ejabberd");
  const spool = join(folder, "data");
  mkdirSync(spool, { recursive: true, mode: 0o700 });
  const [file, socket] = [join(folder, "ejabberd.yml"), join(folder, "api.sock")];
  const port = home.portBase + 98;
  const { password } = new URL(archiveUrl);
  writeFileSync(file, configOf(port, socket, { port: home.ports.postgres, password }), { mode: 0o600 });
  const user = serviceUser(report);
  if (user) for (const path of [folder, spool, file]) chownSync(path, user.uid, user.gid);
  const { part: spec, createAccounts } = ejabberdNode({ folder, file, spool, socket, port }, user);
  const part = new Part(spec, new RotatingLog(join(folder, "out.log")), report, () => undefined);
  await part.start();
  const secret = makePassword();
  try {
    await createAccounts(new Map(users.map((name) => [`${name}@${DOMAIN}`, secret])));
  } catch (error) {
    await part.stop();
    throw error;
  }
  return {
    ...{ host: LOOPBACK, port, domain: DOMAIN, pid: part.pid ?? 0, archiveUrl },
    people: users.map((name) => ({ user: name, password: secret })),
    stop: () => part.stop(),
  };
}

/** A database of its own on the stack's PostgreSQL, with Debian's schema. Gives its owner's URL. */
async function makeDatabase(superuser: string, port: number): Promise<string> {
  const password = makePassword();
  const run = async (url: string, statements: readonly string[]) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await run(superuser, [
    `create role ejabberd login password ${pg.escapeLiteral(password)}`,
    "create database ejabberd owner ejabberd",
  ]);
  const url = `postgres://ejabberd:${password}@${LOOPBACK}:${port}/ejabberd`;
  await run(url, [readFileSync(SCHEMA, "utf8")]);
  return url;
}
