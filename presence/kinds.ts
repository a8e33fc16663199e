/**
 * Which software is of which kind of device, for all tenants: verified answers only (XEP-0115 5.4), so that nobody can say
 * it of another's. It is about software and of no person; kept in Redis through a restart of the components.
 */
import type { Redis } from "ioredis";
import type { Log } from "../platform/log.ts";
import { type DeviceCaps, type DeviceKind, deviceKinds } from "./core.ts";
import { capsKey } from "./core-caps.ts";

export interface Kinds {
  /** Null as well when the software is known and names no kind. */
  of(caps: DeviceCaps): DeviceKind | null;
  knows(caps: DeviceCaps): boolean;
  learn(caps: DeviceCaps, kind: DeviceKind | null): void;
  /** Calls back with the key (core-caps.ts) of what became known. */
  onLearn(listener: (key: string) => void): void;
}

const KEY = "kontor:presence:kinds";
/** Software that is remembered; there are some hundred clients in the world, each with some versions. */
const MAX_KINDS = 2_000;
const KEPT_MS = 30 * 24 * 3_600_000;

export function openKinds(redis: Redis, log: Log): Kinds {
  const known = new Map<string, DeviceKind | null>();
  const listeners: ((key: string) => void)[] = [];

  const remember = (key: string, kind: DeviceKind | null): boolean => {
    if (known.has(key)) return false;
    const [oldest] = known.keys();
    if (known.size >= MAX_KINDS && oldest !== undefined) known.delete(oldest);
    known.set(key, kind);
    for (const listener of listeners) listener(key);
    return true;
  };

  const load = async () => {
    try {
      const kept = Object.entries(await redis.hgetall(KEY));
      // Others put theirs in, too; when it has grown beyond all use it begins anew.
      if (kept.length > 2 * MAX_KINDS) await redis.del(KEY);
      for (const [key, text] of kept) remember(key, deviceKinds.find((kind) => kind === text) ?? null);
    } catch (error) {
      log.debug("What is known of people's software was not read; it is asked for again", { error });
    }
  };
  redis.on("ready", load);
  if (redis.status === "ready") void load();

  return {
    of: (caps) => known.get(capsKey(caps)) ?? null,
    knows: (caps) => known.has(capsKey(caps)),
    learn: (caps, kind) => {
      const key = capsKey(caps);
      if (!remember(key, kind)) return;
      redis
        .multi()
        .hset(KEY, key, kind ?? "")
        .pexpire(KEY, KEPT_MS)
        .exec()
        .catch((error: unknown) => log.debug("What is known of people's software was not kept", { error }));
    },
    onLearn: (listener) => listeners.push(listener),
  };
}
