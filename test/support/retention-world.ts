import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { newId } from "../../platform/ids.ts";
import { catalogue } from "../../retention/catalogue.ts";
import { executeRun } from "../../retention/run.ts";
import type { RunDeps, Step } from "../../retention/run-steps.ts";
import { addTurn } from "../../retention/store-runs.ts";
import { silentLog } from "./real.ts";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.ts";

/** Two tenants with messages of fifteen days; `amt` keeps them for ten days, `schule` for three. */
export const now = new Date("2026-07-20T10:00:00Z");
export const tenants = ["amt", "schule"] as const;
export type TenantId = (typeof tenants)[number];
export const cutoffs: Record<TenantId, Date> = {
  amt: new Date("2026-07-10T10:00:00Z"),
  schule: new Date("2026-07-17T10:00:00Z"),
};
const days = Array.from({ length: 15 }, (_, index) => index + 6);
const rooms = ["019b0000-0000-7000-8000-00000000000a", "019b0000-0000-7000-8000-00000000000b"];
/** 10:00 is the instant of the cutoffs itself: such a row stays. */
const hours = [1, 10, 22];

export interface Seeded {
  readonly tenant: TenantId;
  readonly room: string;
  readonly seq: number;
  readonly at: Date;
}

const rows: readonly Seeded[] = tenants.flatMap((tenant) =>
  rooms.flatMap((room) =>
    days.flatMap((day, dayIndex) =>
      hours.map((hour, index) => ({
        tenant,
        room,
        seq: dayIndex * hours.length + index + 1,
        at: new Date(Date.UTC(2026, 6, day, hour)),
      })),
    ),
  ),
);

export const expectedLeft = rows.filter(({ tenant, at }) => at >= cutoffs[tenant]);
export const expectedGone = (tenant: TenantId) =>
  rows.filter((row) => row.tenant === tenant && row.at < cutoffs[tenant]).length;
export const partitionName = (day: number) => `room_log_p202607${String(day).padStart(2, "0")}`;
/** Days before 10 July are over for both tenants. */
export const partitionsLeft = days.filter((day) => day >= 10).map(partitionName);

export interface World extends ScratchDatabase {
  /** Brings rows, rules and runs back to how the world begins. */
  reset(): Promise<void>;
  insert(rows: readonly Seeded[]): Promise<void>;
  /** What is in the table, whoever may see it. */
  left(): Promise<Seeded[]>;
  partitions(): Promise<string[]>;
  /** Adds a run of all tenants, as a turn of the schedule does. */
  addTurn(): Promise<string>;
  execute(run: string, options?: Partial<RunDeps>): Promise<Step[]>;
}

const key = ({ tenant, room, seq }: Seeded) => `${tenant} ${room} ${String(seq).padStart(6, "0")}`;
export const sorted = (list: readonly Seeded[]) => [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));

export async function retentionWorld(): Promise<World> {
  const scratch = await scratchDatabase();
  const { db, owner } = scratch;
  const run = (text: ReturnType<typeof sql>) => text.execute(owner.common());
  for (const tenant of tenants) {
    await run(sql`insert into tenant values (${tenant}, ${`${tenant}.test`}, ${tenant}, 'c', 'd', '{}', ${now})`);
  }
  await run(sql`insert into retention_rule values ('schule', 'message-archive', 3, 'day')`);
  const insert = async (list: readonly Seeded[]) => {
    for (const tenant of tenants) {
      const own = list.filter((row) => row.tenant === tenant);
      const values = own.map(
        ({ room, seq, at }) => sql`(${tenant}, ${room}::uuid, ${seq}, ${newId()}::uuid, ${at}, 'n', 'o', '<message/>')`,
      );
      if (values.length === 0) continue;
      await db.withTenants([tenant], (trx: Transaction<unknown>) =>
        sql`insert into room_log (tenant_id, room_id, seq, id, at, nick, occupant_id, stanza) values ${sql.join(values)}`.execute(
          trx,
        ),
      );
    }
  };
  const names = async () => {
    const found = await run(
      sql`select relname from pg_class where relkind = 'r' and relname ~ '^room_log_p' order by 1`,
    );
    return z
      .array(z.object({ relname: z.string() }))
      .parse(found.rows)
      .map(({ relname }) => relname);
  };
  return {
    ...scratch,
    insert,
    partitions: names,
    reset: async () => {
      for (const name of await names()) await run(sql`drop table ${sql.table(name)}`);
      await run(sql`truncate retention_watermark, retention_part, retention_run, retention_chain, retention_evidence`);
      for (const day of days) await run(sql`select room_log_day(${`2026-07-${day}`}::date)`);
      await insert(rows);
    },
    left: async () => {
      const found = await run(sql`select tenant_id as tenant, room_id as room, seq, at from room_log`);
      return sorted(
        z
          .array(z.object({ tenant: z.enum(tenants), room: z.string(), seq: z.number(), at: z.date() }))
          .parse(found.rows),
      );
    },
    addTurn: async () => {
      const id = newId();
      await addTurn(db, { id, kind: "message-archive", asOf: now, turn: id }, now);
      return id;
    },
    execute: async (id, options = {}) => {
      const steps: Step[] = [];
      await executeRun(
        {
          ...{ db, owner, kinds: catalogue, deleters: [], log: silentLog, batch: 4 },
          clock: () => now.getTime(),
          signal: new AbortController().signal,
          onStep: (_kind, step) => steps.push(step),
          ...options,
        },
        id,
      );
      return steps;
    },
  };
}
