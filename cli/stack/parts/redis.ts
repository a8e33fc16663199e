import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../home.ts";
import type { PartSpec } from "../part.ts";
import { exchange } from "../probe.ts";
import type { Secrets } from "../secrets.ts";
import { asService, type ServiceUser } from "../service-user.ts";

/** Redis in the home folder. Every write goes to its append-only file, as queues must survive it. */
export function redisPart(home: Home, secrets: Secrets, user: ServiceUser | undefined): PartSpec {
  const folder = join(home.folder, "redis");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "redis.conf");
  const lines = [
    "bind 127.0.0.1",
    `port ${home.ports.redis}`,
    `requirepass ${secrets.redis}`,
    `dir "${folder}"`,
    "appendonly yes",
    "appendfsync everysec",
    'save ""',
    "maxmemory-policy noeviction", // queues lose jobs under any other
    "daemonize no",
    'logfile ""',
  ];
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  if (user) for (const path of [folder, file]) chownSync(path, user.uid, user.gid);
  return {
    name: "redis",
    port: home.ports.redis,
    ...asService(user, "redis-server", [file], [folder]),
    cwd: "/",
    env: { PATH: process.env.PATH, LC_ALL: "C.UTF-8" },
    stopSignal: "SIGTERM",
    stopSeconds: 10,
    ready: () => exchange(home.ports.redis, `AUTH ${secrets.redis}\r\nPING\r\n`, (text) => text.includes("+PONG")),
  };
}

/** Connection to the Redis of this home. */
export function redisUrl(home: Home, secrets: Secrets): string {
  return `redis://:${secrets.redis}@127.0.0.1:${home.ports.redis}/0`;
}
