import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "./home.ts";
import { websocketUrl } from "./parts/prosody.ts";
import { redisUrl } from "./parts/redis.ts";
import type { Secrets } from "./secrets.ts";

/** A database or Redis of the operator's own, used instead of one that is started here. */
export const given = {
  database: (): string | undefined => process.env.KONTOR_DATABASE_URL || undefined,
  redis: (): string | undefined => process.env.KONTOR_REDIS_URL || undefined,
};

/** The settings of all processes of this home, as environment variables. */
export function environmentOf(home: Home, secrets: Secrets, databaseUrl: string): Readonly<Record<string, string>> {
  const { ports, folder } = home;
  const files = join(folder, "files");
  mkdirSync(files, { recursive: true, mode: 0o700 });
  return {
    KONTOR_HOME: folder,
    KONTOR_PORT_BASE: String(home.portBase),
    KONTOR_DATABASE_URL: given.database() ?? databaseUrl,
    KONTOR_REDIS_URL: given.redis() ?? redisUrl(home, secrets),
    KONTOR_XMPP_COMPONENT_HOST: "127.0.0.1",
    KONTOR_XMPP_COMPONENT_PORT: String(ports.components),
    KONTOR_XMPP_SECRET: secrets.xmpp,
    KONTOR_XMPP_WEBSOCKET_URL: websocketUrl(home),
    KONTOR_XMPP_C2S_HOST: "127.0.0.1",
    KONTOR_XMPP_C2S_PORT: String(ports.clients),
    KONTOR_HTTP_HOST: "127.0.0.1",
    KONTOR_HTTP_PORT: String(ports.http),
    KONTOR_HTTP_PUBLIC_URL: `http://127.0.0.1:${ports.http}`,
    KONTOR_FILES_FOLDER: files,
    KONTOR_FILES_SECRET: secrets.files,
    KONTOR_RETENTION_ALLOW_AS_OF: "true",
    KONTOR_HEALTH_HOST: "127.0.0.1",
    KONTOR_HEALTH_COMPONENTS_PORT: String(ports.componentsHealth),
    KONTOR_HEALTH_WORKER_PORT: String(ports.workerHealth),
  };
}
