/** The server's archive of one-to-one messages in PostgreSQL: each person's own, with a copy at both ends. */
import type { Settings } from "../../config/settings.ts";
import type { Log } from "../../platform/log.ts";
import { type Database, openDatabase } from "../../platform/postgres.ts";

/** The one table that is read (platform/migrations/archive). The schema is Prosody's; over ejabberd's lies a view. */
export interface ArchiveTables {
  prosodyarchive: {
    /** In the order in which messages were archived. */
    sort_id: number;
    host: string;
    user: string;
    /** Row-level security shows messages only. */
    store: string;
    /** The archive id of XEP-0313. */
    key: string;
    /** Seconds since 1970. */
    when: number;
    /** Bare address of the other side. */
    with: string;
    type: string;
    value: string;
  };
}

/** PostgreSQL ends what reads longer. */
const STATEMENT_MS = 5_000;

/**
 * Opens the archive; its transactions name hosts where others name tenants. Undefined where this installation has
 * none.
 */
export function openPersonalArchive({ url, role, poolSize }: Settings["archive"], log: Log): Database | undefined {
  return url === undefined ? undefined : openDatabase({ url, role, poolSize, statementTimeoutMs: STATEMENT_MS }, log);
}
