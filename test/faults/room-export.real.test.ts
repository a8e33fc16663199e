/** The worker is killed while it makes an export: the next one makes it anew, and nothing is missing or twice in it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import { exportStore } from "../../cli/export-store.ts";
import { loadSettings, readIfThere } from "../../config/settings.ts";
import { localActor } from "../../identity/index.ts";
import { ensureRoom } from "../../messaging/index.ts";
import { exportAdded } from "../../messaging/room-export/jobs.ts";
import { addExport, readExport } from "../../messaging/room-export/store.ts";
import { newId } from "../../platform/ids.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { eventually, silentLog } from "../support/real.ts";
import { unzip } from "../support/unzip.ts";
import { openWorld, type World } from "./world.ts";

const MESSAGES = 100_000;
let world: World;
let folder: string;
beforeAll(async () => {
  world = await openWorld();
  folder = await mkdtemp(join(tmpdir(), "kontor-killed-"));
}, 120_000);
afterAll(async () => {
  await world?.close();
  await rm(folder, { recursive: true, force: true });
});

test("the worker is killed in the middle of an export", async () => {
  const { db, stack } = world;
  const tenant = stack.demo.tenants[0]?.id ?? "";
  const roomId = await ensureRoom(db, tenant, "export", newId, new Date());
  await db.withTenants([tenant], async (trx: Transaction<unknown>) => {
    await sql`select room_log_day((now() at time zone 'UTC')::date), room_log_day((now() at time zone 'UTC')::date - 1)`.execute(
      trx,
    );
    await sql`insert into room_log (tenant_id, room_id, seq, id, at, nick, occupant_id, stanza, body)
      select ${tenant}, ${roomId}::uuid, n, gen_random_uuid(), now() - interval '1 hour' + n * interval '10 milliseconds', 'Anna', 'o',
        '<message type="groupchat"><body>Zeile ' || n || '</body></message>', 'Zeile ' || n
      from generate_series(1, ${MESSAGES}) as n`.execute(trx);
    await sql`update room set last_seq = ${MESSAGES} where tenant_id = ${tenant} and id = ${roomId}`.execute(trx);
  });
  const deps = { db, clock: Date.now, newId };
  const asked = {
    format: "json",
    language: "de",
    files: true,
    from: undefined,
    to: undefined,
    reason: "Probe",
  } as const;
  const limits = { perTenant: 2, keptPerTenant: 2 };
  const id = await addExport(deps, { tenant, roomId, ...asked }, limits, localActor("cli", "Probe"));
  const settings = loadSettings(stack.env, readIfThere);
  const redis = openRedis(settings.redis.url, silentLog);
  await redisReady(redis, 5_000);
  await wake(redis, exportAdded, { tenant, id }, silentLog);
  redis.disconnect();
  const row = () => readExport(db, tenant, roomId, id, new Date());

  const attemptOf = async () => {
    const { rows } = await db.withTenants([tenant], (trx: Transaction<unknown>) =>
      sql<{ attempt: number }>`select attempt from room_export where tenant_id = ${tenant}`.execute(trx),
    );
    return rows[0]?.attempt ?? 0;
  };
  // It is at work, and far from the end.
  const before = await eventually(
    async () => {
      const { state, messages, messagesTotal } = await row();
      return state === "running" && messages > 0 ? { messages, messagesTotal } : undefined;
    },
    "the export is being made",
    75_000,
  );
  expect(before.messages).toBeLessThan(before.messagesTotal ?? 0);
  await stack.kill("worker", "SIGKILL");
  const done = await eventually(
    async () => {
      const found = await row();
      return found.state === "done" ? found : undefined;
    },
    "the export is made",
    120_000,
  );
  expect(await attemptOf()).toBeGreaterThan(1);
  const { bytes } = exportStore(settings);
  const { blob, size } = done;
  if (blob === null || size === null) throw new Error("there is no ZIP");
  const path = join(folder, "killed.zip");
  await writeFile(path, await bytes.read({ tenant, blob }, size, { start: 0, length: size }));
  const { lines, manifest, entries } = await unzip(path);
  expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: MESSAGES }, (_, index) => index + 1));
  for (const { path: name, sha256 } of manifest.entries) expect(entries[name]?.sha256).toBe(sha256);
}, 240_000);
