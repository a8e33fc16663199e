/**
 * Whether the XMPP server keeps to the rules of visibility in rosters: it says so by what it answers when it is told of
 * them, and whoever tells it leaves that in Redis for the other doors.
 */
import type { Redis } from "ioredis";

const key = (tenant: string): string => `kontor:{${tenant}}:presence:rosters`;

/** Written anew each minute while the stream stands. */
const HOLDS_MS = 180_000;

/** Never throws: with Redis away it is not known. */
export async function writeKept(redis: Redis, tenant: string, kept: boolean): Promise<void> {
  await redis.set(key(tenant), kept ? "1" : "0", "PX", HOLDS_MS).catch(() => undefined);
}

/** Null: it is not known now. */
export async function readKept(redis: Redis, tenant: string): Promise<boolean | null> {
  const text = await redis.get(key(tenant)).catch(() => null);
  return text === null ? null : text === "1";
}
