import { randomUUID } from "node:crypto";
import pg from "pg";
import { homeOf } from "../../cli/stack/home.ts";
import { localServer } from "../../cli/stack/local-server.ts";
import { ownerUrl } from "../../cli/stack/parts/postgres.ts";
import { loadSecrets } from "../../cli/stack/secrets.ts";
import { openPersonalArchive } from "../../messaging/index.ts";
import { migrateArchive } from "../../platform/migrations/migrate.ts";
import type { Database } from "../../platform/postgres.ts";
import { realStack, silentLog } from "./real.ts";

/** A message as Prosody archives it. */
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
  /** Puts messages in as Prosody does, as its role. */
  insert(messages: readonly Archived[]): Promise<void>;
  /** Runs SQL as the owner. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

/** A database of Prosody's archives that no Prosody uses, in the stack's PostgreSQL. */
export async function scratchArchive(): Promise<ScratchArchive> {
  const { home, settings } = realStack();
  const at = homeOf({ home });
  const own = localServer(at).archiveUrl;
  const superuser = new URL(ownerUrl(at, loadSecrets(at)));
  superuser.host = new URL(own).host;
  const server = new pg.Client({ connectionString: superuser.href });
  await server.connect();
  const name = `scratch_archive_${Date.now().toString(36)}_${process.pid}`;
  await server.query(`create database ${name} owner prosody`);
  const on = (url: string) => {
    const there = new URL(url);
    there.pathname = `/${name}`;
    return there.href;
  };
  const prosody = on(own);
  await migrateArchive(prosody, () => undefined);
  // A second time changes nothing.
  await migrateArchive(prosody, () => undefined);
  const owner = new pg.Client({ connectionString: prosody });
  await owner.connect();
  const archive = openPersonalArchive({ ...settings.archive, url: on(settings.archive.url ?? "") }, silentLog);
  if (!archive) throw new Error("the stack has no personal archive");
  return {
    archive,
    insert: async (messages) => {
      const columns = [
        messages.map(({ host }) => host),
        messages.map(({ user }) => user),
        messages.map(() => randomUUID()),
        messages.map(({ at: sent }) => Math.floor(sent.getTime() / 1_000)),
        messages.map((message) => message.with),
        messages.map(({ value }) => value),
      ];
      await owner.query(
        `insert into prosodyarchive (host, "user", store, key, "when", "with", type, value)
         select host, person, 'archive', key, at, other, 'xml', value
         from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[])
           as given (host, person, key, at, other, value)`,
        columns,
      );
    },
    query: async (text, values = []) => (await owner.query<Record<string, unknown>>(text, [...values])).rows,
    drop: async () => {
      await archive.close();
      await owner.end();
      await server.query(`drop database ${name} with (force)`);
      await server.end();
    },
  };
}
