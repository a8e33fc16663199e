import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { componentSecret } from "../../../config/component-secret.ts";
import { type ProsodyInput, prosodyConfig } from "../../../config/prosody/generate.ts";
import { localCertificate } from "../certificate.ts";
import { type Home, repository, socketPath } from "../home.ts";
import { databaseOf, type LocalServer } from "../local-server.ts";
import type { PartSpec } from "../part.ts";
import { prosodyShell } from "../prosody-shell.ts";
import type { ServedTenant } from "../server-kind.ts";
import { asService, type ServiceUser } from "../service-user.ts";

const debianPlugins = "/usr/lib/prosody/modules";

/** Where the admin socket of this home's Prosody lies. */
export function adminSocket(home: Home, user: ServiceUser | undefined): string {
  return socketPath(home, "prosody/prosody.sock", user?.uid);
}

/** Where configuration of hosts that are no tenant's lies; the operator's, never written here. */
export function ownConfigFolder(home: Home): string {
  return join(home.folder, "prosody", "own");
}

/** The WebSocket of this home's Prosody as browsers reach it. */
export function websocketUrl(home: Home): string {
  return `ws://127.0.0.1:${home.ports.prosodyHttp}/xmpp-websocket`;
}

/** The input of the configuration generator. */
function prosodyInputOf({ home, archiveUrl, user }: LocalServer, tenants: readonly ServedTenant[]): ProsodyInput {
  const certificate = localCertificate(
    home,
    tenants.map(({ domain }) => domain),
    user,
  );
  const loopback = ["127.0.0.1"];
  return {
    tenants: tenants.map(({ domain, partners }) => ({ domain, partners: [...partners] })),
    interfaces: { clients: loopback, components: loopback, http: loopback },
    ports: { clients: home.ports.clients, components: home.ports.components, http: home.ports.prosodyHttp },
    folders: {
      data: join(home.folder, "prosody", "data"),
      certificates: dirname(certificate.certificate),
      plugins: [join(repository, "config", "prosody", "plugins"), debianPlugins],
      own: ownConfigFolder(home),
      adminSocket: adminSocket(home, user),
    },
    certificate,
    archive: databaseOf(archiveUrl),
    plainStreams: true,
    web: { behindTls: false, origins: "*", websocketUrl: websocketUrl(home) },
    maxStanzaBytes: 262_144,
    clientRate: "1mb/s",
    runAsRoot: false,
    logLevel: "info",
  };
}

/** Writes the configuration for these tenants in one step; a running server reads it at its next reload. */
export function writeProsodyConfig(
  server: LocalServer,
  tenants: readonly ServedTenant[],
): { readonly file: string; readonly changed: boolean } {
  const { home, secrets, user } = server;
  const folder = join(home.folder, "prosody");
  const data = join(folder, "data");
  const own = ownConfigFolder(home);
  for (const path of [data, own]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const file = join(folder, "prosody.cfg.lua");
  const text = prosodyConfig(prosodyInputOf(server, tenants), (domain) => componentSecret(secrets.xmpp, domain));
  const changed = !existsSync(file) || readFileSync(file, "utf8") !== text;
  if (changed) {
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    if (user) chownSync(`${file}.new`, user.uid, user.gid);
    renameSync(`${file}.new`, file);
  }
  if (user) for (const path of [folder, data, own, file]) chownSync(path, user.uid, user.gid);
  return { file, changed };
}

/** Prosody with the configuration that was written, in the foreground. */
export function prosodyPart(home: Home, file: string, user: ServiceUser | undefined): PartSpec {
  const reads = [file, join(repository, "config", "prosody", "plugins", "mod_kontor_tenants.lua")];
  return {
    name: "prosody",
    port: home.ports.clients,
    ...asService(user, "prosody", ["-F", "--config", file], reads),
    cwd: "/",
    env: { PATH: process.env.PATH, LC_ALL: "C.UTF-8" },
    stopSignal: "SIGTERM",
    stopSeconds: 10,
    // It takes connections before its hosts are loaded; the shell answers only after that.
    ready: async () => (await prosodyShell(adminSocket(home, user), ["true"])).length === 1,
  };
}
