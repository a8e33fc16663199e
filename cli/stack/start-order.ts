import { migrate, migrateArchive } from "../../platform/migrations/migrate.ts";
import { type DatabaseUrls, ensureDatabases } from "./databases.ts";
import { environmentOf, given } from "./environment.ts";
import type { Home } from "./home.ts";
import { type LocalServer, saveLocalServer } from "./local-server.ts";
import { ensurePackages, packagesOf } from "./packages.ts";
import type { PartSpec } from "./part.ts";
import { ircPart } from "./parts/irc.ts";
import { kontorParts } from "./parts/kontor.ts";
import { postgresPart } from "./parts/postgres.ts";
import { redisPart } from "./parts/redis.ts";
import { checkPorts } from "./ports.ts";
import { stopOrphans } from "./run-file.ts";
import { loadSecrets, type Secrets } from "./secrets.ts";
import { demoSecrets, seedDemo } from "./seed.ts";
import type { ServerName } from "./server-kind.ts";
import { type ServiceUser, serviceUser } from "./service-user.ts";
import { xmppServer } from "./xmpp-server.ts";

interface Context {
  readonly home: Home;
  readonly withKontor: boolean;
  readonly server: ServerName;
  readonly report: (line: string) => void;
  /** Starts a part and resolves when it serves. */
  readonly start: (spec: PartSpec) => Promise<void>;
}

interface Started {
  readonly secrets: Secrets;
  readonly user: ServiceUser | undefined;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Prepares the machine and starts all parts, those that need nothing of each other at once. Rejects with the first
 * failure, but not before all that was begun has come up or failed.
 */
export async function startInOrder(context: Context): Promise<Started> {
  const { home, withKontor, report, start } = context;
  await stopOrphans(home, report);
  ensurePackages(report, packagesOf(context.server));
  const user = serviceUser(report);
  await checkPorts(home, [
    ...(given.database() ? ["postgres"] : []),
    ...(given.redis() ? ["redis"] : []),
    ...(withKontor ? [] : ["http", "componentsHealth", "gatewayHealth", "workerHealth", "serverAgentHealth"]),
  ]);
  const secrets = demoSecrets(home, loadSecrets(home));
  const databases = databaseAndServer(context, secrets, user);
  const irc = start(ircPart(home, user));
  const redis = given.redis() ? Promise.resolve() : start(redisPart(home, secrets, user));
  await settled([databases, irc, redis]);
  const env = environmentOf(home, secrets, await databases);
  if (withKontor) await settled(kontorParts(home, env).map(start));
  return { secrets, user, env };
}

async function databaseAndServer(
  context: Context,
  secrets: Secrets,
  user: ServiceUser | undefined,
): Promise<DatabaseUrls> {
  const { home, report, start } = context;
  const own = given.adminDatabase();
  if (!own) await start(await postgresPart(home, secrets, user));
  const urls = own
    ? { kontor: own, archive: own, archiveReader: given.database() ?? own }
    : await ensureDatabases(home, secrets, context.server);
  await migrate(urls.kontor, (line) => report(`migrated ${line}`));
  await migrateArchive(urls.archive, context.server, (line) => report(`migrated archive ${line}`));
  const tenants = await seedDemo(urls.kontor, secrets, home.ports.irc);
  const server: LocalServer = { name: context.server, home, secrets, archiveUrl: urls.archive, user };
  saveLocalServer(home, context.server, urls.archive);
  const xmpp = xmppServer(server, tenants);
  await start(xmpp.part);
  // Those of a suspended tenant have no host now; what they had is kept.
  const served = Object.entries(secrets.people).filter(([jid]) =>
    tenants.some(({ domain }) => jid.endsWith(`@${domain}`)),
  );
  await xmpp.createAccounts(new Map(served));
  return urls;
}

/** Waits for all, then throws the first failure: what is still starting must be known before it can be stopped. */
async function settled(starts: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(starts);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}
