/** Whether what was sent is in the archive: ours, and those of the peers. */
import { sql } from "kysely";
import pg from "pg";
import { openDatabase } from "../../../platform/postgres.ts";
import { silentLog } from "../../support/real.ts";
import type { BenchServer } from "./server.ts";

/** Counts the messages of a room whose body starts with a label. */
export interface Archive {
  count(room: string, label: string): Promise<number>;
  close(): Promise<void>;
}

/** Our room log, read as every process reads it. */
export function ourArchive({ settings, tenant }: BenchServer): Archive {
  const { url, role } = settings.database;
  const db = openDatabase({ url, role, poolSize: 1 }, silentLog);
  return {
    count: (room, label) =>
      db.withTenants([tenant.id], async (trx) => {
        const { rows } = await sql<{ count: number }>`
          select count(distinct l.seq) from room_log l join room r on r.tenant_id = l.tenant_id and r.id = l.room_id
          where l.tenant_id = ${tenant.id} and r.name = ${localPart(room)} and starts_with(l.body, ${`${label}:`})`.execute(
          trx,
        );
        return rows[0]?.count ?? 0;
      }),
    close: () => db.close(),
  };
}

/** What mod_muc_mam stored through mod_storage_sql. */
export function prosodyArchive({ archiveUrl }: BenchServer): Archive {
  const pool = new pg.Pool({ connectionString: archiveUrl, max: 1 });
  return {
    count: async (room, label) => {
      const { rows } = await pool.query<{ count: number }>(
        `select count(*) from prosodyarchive
         where host = $1 and "user" = $2 and store = 'muc_log' and position($3 in value) > 0`,
        [room.slice(room.indexOf("@") + 1), localPart(room), `<body>${label}:`],
      );
      return rows[0]?.count ?? 0;
    },
    close: () => pool.end(),
  };
}

/** What ejabberd's mod_mam stored. */
export function ejabberdArchive(url: string): Archive {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  return {
    count: async (room, label) => {
      const { rows } = await pool.query<{ count: number }>(
        "select count(*)::int as count from archive where username = $1 and kind = 'groupchat' and starts_with(txt, $2)",
        [room, `${label}:`],
      );
      return rows[0]?.count ?? 0;
    },
    close: () => pool.end(),
  };
}

const localPart = (room: string): string => room.slice(0, room.indexOf("@"));
