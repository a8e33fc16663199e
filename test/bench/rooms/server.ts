/** The servers of the benchmark: a stack of its own with two more MUC components on its Prosody. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { ownConfigFolder } from "../../../cli/stack/parts/prosody.ts";
import { loadSecrets, makePassword } from "../../../cli/stack/secrets.ts";
import { serviceUser } from "../../../cli/stack/service-user.ts";
import { type Stack, startStack } from "../../../cli/stack/stack.ts";
import { luaOptions, luaString } from "../../../config/prosody/lua.ts";
import { loadSettings } from "../../../config/settings.ts";
import { openDatabase } from "../../../platform/postgres.ts";
import { silentLog } from "../../support/real.ts";
import { liftRates } from "../../support/room-rates.ts";
import { writeAccounts } from "./accounts.ts";
import type { Account } from "./connection.ts";

export interface BenchServer {
  readonly stack: Stack;
  readonly settings: ReturnType<typeof loadSettings>;
  /** Connection to the database of Prosody's archives. */
  readonly archiveUrl: string;
  readonly tenant: { readonly id: string; readonly domain: string };
  readonly people: readonly Account[];
  /** Stops everything and removes its data. */
  stop(): Promise<void>;
}

/**
 * Ports from here on, unless KONTOR_TEST_PORT_BASE says otherwise: beside a service that runs on the default ones, and
 * below those that Linux gives to outgoing connections, of which one might just be taken.
 */
const PORT_BASE = 24_000;

/** How long the peer keeps its archive: `never` deletes, or so many days. */
export type PeerKeeps = "never" | `${number}d`;

/** Both rooms of Prosody, as its users have them: the same modules but for the archive. */
function peerSections(domain: string): string {
  const muc = (prefix: string, modules: readonly string[], storage: string | undefined) =>
    [
      `Component ${luaString(`${prefix}.${domain}`)} "muc"`,
      luaOptions(
        {
          modules_enabled: ["kontor_tenants", ...modules],
          modules_disabled: ["s2s"],
          muc_room_locking: false,
          max_history_messages: 20,
          ...(storage
            ? {
                storage: { muc_log: storage },
                muc_log_by_default: true,
                muc_log_expires_after: "never" satisfies PeerKeeps,
              }
            : {}),
        },
        "  ",
      ),
    ].join("\n");
  // "sql" is the connection that the generated configuration sets for personal archives: the same PostgreSQL.
  return [muc("muc-plain", [], undefined), muc("muc-archived", ["muc_mam"], "sql"), ""].join("\n\n");
}

/** The operator lets archives go back so far. */
async function letKeep(url: string, days: number): Promise<void> {
  const owner = openDatabase({ url, poolSize: 1 }, silentLog);
  try {
    await sql`update retention_rule set amount = ${days}, unit = 'day' where tenant_id is null and kind = 'message-archive'`.execute(
      owner.common(),
    );
  } finally {
    await owner.close();
  }
}

/** From now on the peer's archive lives so long. Rejects when its server does not take it. */
export async function letPeerKeep({ stack, tenant }: BenchServer, keeps: PeerKeeps): Promise<void> {
  const host = luaString(`muc-archived.${tenant.domain}`);
  const results = await stack.prosodyShell([
    `> require"core.configmanager".set(${host}, "muc_log_expires_after", ${luaString(keeps)})`,
    `module:reload("muc_mam", ${host})`,
  ]);
  if (!results.every((result) => /true|reloaded/i.test(result))) throw new Error(`Prosody's shell: ${results}`);
}

/** Starts everything, with archives that go back as far as asked for. Rejects with a StackError when a part does not come up; then nothing is left running. */
export async function startServer(
  occupants: number,
  report: (line: string) => void,
  { archiveDays }: { readonly archiveDays?: number } = {},
): Promise<BenchServer> {
  for (const name of ["KONTOR_DATABASE_URL", "KONTOR_REDIS_URL"]) {
    if (process.env[name]) throw new Error(`${name} is set: the benchmark fills a database of its own, unset it`);
  }
  const folder = mkdtempSync(join(tmpdir(), "kontor-bench-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  let stack: Stack;
  try {
    stack = await startStack({ home: folder, portBase: process.env.KONTOR_TEST_PORT_BASE ?? PORT_BASE, report });
  } catch (error) {
    remove();
    throw error;
  }
  const stop = async () => {
    await stack.stop();
    remove();
  };
  try {
    const [tenant] = stack.demo.tenants;
    if (!tenant) throw new Error("the demo has no tenant");
    const settings = loadSettings(stack.env, () => undefined);
    if (archiveDays !== undefined) await letKeep(settings.database.adminUrl ?? settings.database.url, archiveDays);
    // One sender says as much as the room takes: no rule of the tenant stands against it.
    await liftRates(settings, tenant.id);
    writeFileSync(join(ownConfigFolder(stack.home), "peer.cfg.lua"), peerSections(tenant.domain));
    const users = Array.from({ length: occupants }, (_, n) => `bench-${n}`);
    const data = join(stack.home.folder, "prosody", "data");
    const owner = serviceUser(() => undefined);
    const people = writeAccounts(data, tenant.domain, { users, password: makePassword() }, owner);
    const results = await stack.prosodyShell([
      "config:reload()",
      ...["muc-plain", "muc-archived"].map((prefix) => `host:activate(${luaString(`${prefix}.${tenant.domain}`)})`),
    ]);
    const refused = results.find((result) => /error|fail|not /i.test(result));
    if (refused) throw new Error(`Prosody's shell: ${refused}`);
    const { ports } = stack.home;
    const password = loadSecrets(stack.home).prosodyDatabase;
    return {
      stack,
      settings,
      archiveUrl: `postgres://prosody:${password}@127.0.0.1:${ports.postgres}/prosody`,
      tenant,
      people,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
