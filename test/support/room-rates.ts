import type { loadSettings } from "../../config/settings.ts";
import { localActor } from "../../identity/index.ts";
import { roomRules } from "../../messaging/core-rules.ts";
import { roomRulesTopic } from "../../messaging/live.ts";
import { setRules } from "../../messaging/store-rules.ts";
import { newId } from "../../platform/ids.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { openRedis } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { silentLog } from "./real.ts";

/** Lets everybody say and enter as much as the machine can, where the rules of a tenant would slow them down. */
export async function liftRates(
  { database, redis: redisSettings }: Pick<ReturnType<typeof loadSettings>, "database" | "redis">,
  tenant: string,
): Promise<void> {
  const db = openDatabase({ url: database.url, role: database.role, poolSize: 1 }, silentLog);
  const redis = openRedis(redisSettings.url, silentLog);
  const most = { person: 100_000, room: 100_000 };
  const rules = roomRules.parse({ messagesPerTenSeconds: most, joinsPerTenSeconds: most });
  const by = { actor: localActor("cli"), now: new Date(), newId, check: () => undefined };
  try {
    await setRules(db, tenant, { rules, archiveDays: null }, by);
    // The owner of the rooms may have read its rules already.
    await wake(redis, roomRulesTopic, { tenant }, silentLog);
  } finally {
    redis.disconnect();
    await db.close();
  }
}
