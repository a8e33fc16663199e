import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { componentSecret } from "../../../config/component-secret.ts";
import { type ProsodyInput, prosodyConfig } from "../../../config/prosody/generate.ts";
import { type Home, repository, socketPath } from "../home.ts";
import type { PartSpec } from "../part.ts";
import { prosodyShell } from "../prosody-shell.ts";
import type { Secrets } from "../secrets.ts";
import { asService, type ServiceUser } from "../service-user.ts";

export interface ProsodyNeeds {
  readonly tenants: ProsodyInput["tenants"];
  /** Connection to the database of the personal archives. */
  readonly archiveUrl: string;
  readonly certificate: ProsodyInput["certificate"];
}

const debianPlugins = "/usr/lib/prosody/modules";

/** Where the admin socket of this home's Prosody lies. */
export function adminSocket(home: Home, user: ServiceUser | undefined): string {
  return socketPath(home, "prosody/prosody.sock", user?.uid);
}

/** The WebSocket of this home's Prosody as browsers reach it. */
export function websocketUrl(home: Home): string {
  return `ws://127.0.0.1:${home.ports.prosodyHttp}/xmpp-websocket`;
}

/** The input of the configuration generator for a Prosody in this home. */
function prosodyInputOf(home: Home, needs: ProsodyNeeds, user: ServiceUser | undefined): ProsodyInput {
  const url = new URL(needs.archiveUrl);
  const loopback = ["127.0.0.1"];
  return {
    tenants: needs.tenants,
    interfaces: { clients: loopback, components: loopback, http: loopback },
    ports: { clients: home.ports.clients, components: home.ports.components, http: home.ports.prosodyHttp },
    folders: {
      data: join(home.folder, "prosody", "data"),
      certificates: dirname(needs.certificate.certificate),
      plugins: [join(repository, "config", "prosody", "plugins"), debianPlugins],
      adminSocket: adminSocket(home, user),
    },
    certificate: needs.certificate,
    archive: {
      host: url.hostname,
      port: Number(url.port || 5432),
      database: url.pathname.slice(1),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      keep: "30d",
    },
    plainStreams: true,
    web: { behindTls: false, origins: "*", websocketUrl: websocketUrl(home) },
    maxStanzaBytes: 262_144,
    clientRate: "1mb/s",
    runAsRoot: false,
    logLevel: "info",
  };
}

/** Writes the configuration of this home's Prosody; a running one reads it at its next reload. */
export function writeProsodyConfig(
  home: Home,
  secrets: Secrets,
  needs: ProsodyNeeds,
  user: ServiceUser | undefined,
): string {
  const folder = join(home.folder, "prosody");
  const data = join(folder, "data");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = join(folder, "prosody.cfg.lua");
  const text = prosodyConfig(prosodyInputOf(home, needs, user), (domain) => componentSecret(secrets.xmpp, domain));
  writeFileSync(file, text, { mode: 0o600 });
  if (user) for (const path of [folder, data, file]) chownSync(path, user.uid, user.gid);
  return file;
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
