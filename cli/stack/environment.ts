import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { auditKey } from "./audit-key.ts";
import type { DatabaseUrls } from "./databases.ts";
import type { Home } from "./home.ts";
import { websocketUrl } from "./parts/prosody.ts";
import { redisUrl } from "./parts/redis.ts";
import { type Secrets, writePrivate } from "./secrets.ts";

/** A database or Redis of the operator's own, used instead of one that is started here. */
export const given = {
  database: (): string | undefined => process.env.KONTOR_DATABASE_URL || undefined,
  /** As its owner. */
  adminDatabase: (): string | undefined => process.env.KONTOR_DATABASE_ADMIN_URL || given.database(),
  redis: (): string | undefined => process.env.KONTOR_REDIS_URL || undefined,
};

const pathOf = (home: Home): string => join(home.folder, "env.json");

/** The settings of the processes of a home that is up or was, as environment variables: for tests and the tour. */
export function readEnvironment(home: Home): Record<string, string> {
  return z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(pathOf(home), "utf8")));
}

/** The settings of all processes of this home, as environment variables; written to the home as well. */
export function environmentOf(home: Home, secrets: Secrets, urls: DatabaseUrls): Readonly<Record<string, string>> {
  const { ports, folder } = home;
  const files = join(folder, "files");
  mkdirSync(files, { recursive: true, mode: 0o700 });
  const env = {
    KONTOR_HOME: folder,
    KONTOR_PORT_BASE: String(home.portBase),
    KONTOR_DATABASE_URL: given.database() ?? urls.kontor,
    KONTOR_ARCHIVE_URL: urls.archiveReader,
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
    KONTOR_AUDIT_SIGNING_KEY: auditKey(home),
    KONTOR_HEALTH_HOST: "127.0.0.1",
    KONTOR_HEALTH_COMPONENTS_PORT: String(ports.componentsHealth),
    KONTOR_HEALTH_GATEWAY_PORT: String(ports.gatewayHealth),
    KONTOR_HEALTH_WORKER_PORT: String(ports.workerHealth),
    KONTOR_HEALTH_SERVER_AGENT_PORT: String(ports.serverAgentHealth),
  };
  writePrivate(pathOf(home), env);
  return env;
}
