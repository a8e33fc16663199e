import type { Redis } from "ioredis";
import { z } from "zod";
import type { Log } from "../platform/log.ts";
import { onWake, type WakeTopic } from "../platform/wake.ts";
import type { AccessReader } from "./access.ts";
import { personDisabledTopic } from "./person-tables.ts";
import { tenantChanged } from "./tenant-events.ts";

/** Told when what people may do has changed: roles, a person disabled, a tenant suspended (then without person). */
export const accessChanged: WakeTopic<{ tenant: string; person?: string | undefined }> = {
  name: "kontor:identity:access-changed",
  schema: z.object({ tenant: z.string(), person: z.string().optional() }),
};

/** Told when an operator has taken access for an emergency. */
export const glassBroken: WakeTopic<{ tenant: string; person: string; until: string }> = {
  name: "kontor:identity:break-glass",
  schema: z.object({ tenant: z.string(), person: z.string(), until: z.iso.datetime() }),
};

/** Forgets what has changed, until the returned function is called. */
export async function followAccess(redis: Redis, log: Log, access: AccessReader): Promise<() => Promise<void>> {
  const forget = ({ tenant, person }: { tenant: string; person?: string | undefined }) => access.forget(tenant, person);
  const ends = await Promise.all([
    onWake(redis, accessChanged, log, forget),
    onWake(redis, personDisabledTopic, log, forget),
    onWake(redis, tenantChanged, log, forget),
  ]);
  return async () => {
    await Promise.all(ends.map((end) => end()));
  };
}
