import pg from "pg";
import { homeOf } from "../../cli/stack/home.ts";
import { localServer } from "../../cli/stack/local-server.ts";
import { ownerUrl } from "../../cli/stack/parts/postgres.ts";
import { loadSecrets } from "../../cli/stack/secrets.ts";
import { openPersonalArchive } from "../../messaging/index.ts";
import { type ArchiveOf, migrateArchive } from "../../platform/migrations/migrate.ts";
import type { Database } from "../../platform/postgres.ts";
import { realStack, silentLog } from "./real.ts";

/** A message as the server archives it. */
export interface Archived {
  readonly host: string;
  readonly user: string;
  readonly with: string;
  readonly at: Date;
  readonly value: string;
}

export interface ScratchArchive {
  /** As the service has it: under row-level security. */
  readonly archive: Database;
  /** Puts messages in as the server does, as its role. */
  insert(messages: readonly Archived[]): Promise<void>;
  /** The same for a row that is no message of a person: another store of Prosody, a room of ejabberd. */
  insertOther(host: string): Promise<void>;
  /** How many such rows there are. */
  countOther(): Promise<number>;
  /** Takes all out. */
  clear(): Promise<void>;
  /** Runs SQL as the owner, for whom the hosts of all messages that were put in are named. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

const tables: Readonly<Record<ArchiveOf, string>> = { prosody: "prosodyarchive", ejabberd: "archive" };
const given = `unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[]) with ordinality
  as given (host, person, at, other, value, n)`;
const inserting: Readonly<Record<ArchiveOf, string>> = {
  prosody: `insert into prosodyarchive (host, "user", store, key, "when", "with", type, value)
    select host, person, 'archive', gen_random_uuid()::text, at, other, 'xml', value from ${given} order by n`,
  // Microseconds: those of one second in their order.
  ejabberd: `insert into archive (server_host, username, timestamp, peer, bare_peer, xml, txt, kind, nick)
    select host, person, at * 1000000::bigint + n % 1000000, other || '/desk', other, value, '', 'chat', ''
    from ${given} order by n`,
};
const insertingOther: Readonly<Record<ArchiveOf, string>> = {
  prosody: `insert into prosodyarchive (host, "user", store, key, "when", "with", type, value)
    values ($1, 'anna', 'muc_log', 'k', 1, '', 'xml', '<message/>')`,
  ejabberd: `insert into archive (server_host, username, timestamp, peer, bare_peer, xml, txt, kind, nick)
    values ($1, 'x@rooms.' || $1, 1, '', '', '<message/>', '', 'groupchat', '')`,
};
const others: Readonly<Record<ArchiveOf, string>> = {
  prosody: "prosodyarchive where store <> 'archive'",
  ejabberd: "archive where kind <> 'chat'",
};

/** A database of a server's archives that no server uses, in the stack's PostgreSQL. */
export async function scratchArchive(of: ArchiveOf = "prosody"): Promise<ScratchArchive> {
  const { home, settings } = realStack();
  const at = homeOf({ home });
  const own = localServer(at).archiveUrl;
  const superuser = new URL(ownerUrl(at, loadSecrets(at)));
  superuser.host = new URL(own).host;
  const administrator = new pg.Client({ connectionString: superuser.href });
  await administrator.connect();
  const name = `scratch_archive_${Date.now().toString(36)}_${process.pid}`;
  await administrator.query(`create database ${name} owner ${new URL(own).username}`);
  const on = (url: string) => {
    const there = new URL(url);
    there.pathname = `/${name}`;
    return there.href;
  };
  const server = on(own);
  await migrateArchive(server, of, () => undefined);
  // A second time changes nothing.
  await migrateArchive(server, of, () => undefined);
  const hosts = new Set<string>();
  const owner = new pg.Client({ connectionString: server });
  await owner.connect();
  const archive = openPersonalArchive({ ...settings.archive, url: on(settings.archive.url ?? "") }, silentLog);
  if (!archive) throw new Error("the stack has no personal archive");
  return {
    archive,
    insert: async (messages) => {
      const columns = [
        messages.map(({ host }) => host),
        messages.map(({ user }) => user),
        messages.map(({ at: sent }) => Math.floor(sent.getTime() / 1_000)),
        messages.map((message) => message.with),
        messages.map(({ value }) => value),
      ];
      await owner.query(inserting[of], columns);
      for (const { host } of messages) hosts.add(host);
      await owner.query("select set_config('kontor.tenants', $1, false)", [[...hosts].join()]);
    },
    insertOther: async (host) => void (await owner.query(insertingOther[of], [host])),
    countOther: async () => (await owner.query(`select from ${others[of]}`)).rowCount ?? 0,
    clear: async () => void (await owner.query(`truncate ${tables[of]}`)),
    query: async (text, values = []) => (await owner.query<Record<string, unknown>>(text, [...values])).rows,
    drop: async () => {
      await archive.close();
      await owner.end();
      await administrator.query(`drop database ${name} with (force)`);
      await administrator.end();
    },
  };
}
