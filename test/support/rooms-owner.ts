/** The owner of tenants' rooms without a stream: for tests of what is asked of it over the API. */
import type { Redis } from "ioredis";
import { quotas } from "../../config/sections/quotas.ts";
import { diskBytes, linkedFiles } from "../../filetransfer/index.ts";
import { commitEntries, createCommitter, openBackground, prepareDays, roomsDoor } from "../../messaging/index.ts";
import { newId } from "../../platform/ids.ts";
import type { Database } from "../../platform/postgres.ts";
import { deleteEarly } from "../../retention/index.ts";
import { silentLog as log } from "./real.ts";

/** Runs the rooms of these tenants; nobody is inside, and what they send goes nowhere. */
export async function ownRooms(
  db: Database,
  redis: Redis,
  tenants: readonly { id: string; domain: string }[],
  folder: string,
) {
  const committer = createCommitter({
    commit: (entries) => commitEntries(db, entries, { files: linkedFiles(diskBytes(folder)), newId, log }),
    prepare: (at) => prepareDays(db, at),
    clock: Date.now,
    log,
    onBatch: () => undefined,
  });
  const background = await openBackground(redis, log);
  const purge = (tenant: string, before: Date) =>
    deleteEarly({ db, newId }, "message-archive", { tenant, before, now: new Date() });
  const limits = quotas.parse({});
  const door = roomsDoor({
    ...{ db, archive: db, redis, committer, background, clock: Date.now, newId, occupantSecret: "secret" },
    ...{ processId: newId(), onReflected: () => undefined, purge, quotasOf: () => limits, quotas: limits },
  });
  const opened = tenants.map(({ id, domain }) =>
    door.open({
      tenant: { id, domain, partners: [] },
      domain: `rooms.${domain}`,
      log,
      send: () => true,
      sendToAll: () => true,
      release: () => undefined,
      isReleased: () => false,
      sendMany: () => true,
      request: () => Promise.reject(new Error("nobody is there")),
      exchange: () => Promise.reject(new Error("nobody is there")),
      restart: () => undefined,
    }),
  );
  for (const each of opened) each.onOnline?.();
  return async () => {
    await Promise.all(opened.map((each) => each.close?.()));
    await background.stop();
  };
}
