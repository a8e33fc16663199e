import type { Redis } from "ioredis";
import { z } from "zod";
import type { Log } from "../platform/log.ts";
import { onWake, type WakeTopic } from "../platform/wake.ts";
import { personDisabledTopic } from "./person-tables.ts";
import { tenantChanged } from "./tenant-events.ts";

/** Told when what people or tokens may do has changed: roles, a token revoked (then without person; "-": the installation's). */
export const accessChanged: WakeTopic<{ tenant: string; person?: string | undefined }> = {
  name: "kontor:identity:access-changed",
  schema: z.object({ tenant: z.string(), person: z.string().optional() }),
};

/** Told when an operator has taken access for an emergency. */
export const glassBroken: WakeTopic<{ tenant: string; person: string; until: string }> = {
  name: "kontor:identity:break-glass",
  schema: z.object({ tenant: z.string(), person: z.string(), until: z.iso.datetime() }),
};

/** What remembers who may do what. */
interface Remembers {
  forget(tenant: string, person?: string): void;
}

/** Has them forget what has changed, until the returned function is called. */
export async function followAccess(
  redis: Redis,
  log: Log,
  readers: readonly Remembers[],
): Promise<() => Promise<void>> {
  const forget = ({ tenant, person }: { tenant: string; person?: string | undefined }) => {
    for (const reader of readers) reader.forget(tenant, person);
  };
  const ends = await Promise.all([
    onWake(redis, accessChanged, log, forget),
    onWake(redis, personDisabledTopic, log, forget),
    onWake(redis, tenantChanged, log, forget),
  ]);
  return async () => {
    await Promise.all(ends.map((end) => end()));
  };
}
