import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { StackError } from "./error.ts";

/** The folder of the program itself. */
export const repository = fileURLToPath(new URL("../../", import.meta.url));

/** Where one running service keeps everything it owns, and the ports it uses. */
export interface Home {
  readonly folder: string;
  readonly portBase: number;
  readonly ports: Ports;
}

type Ports = ReturnType<typeof portsOf>;

/** The ports of a service with this base; all are bound to 127.0.0.1. */
function portsOf(base: number) {
  return {
    clients: base + 22,
    postgres: base + 32,
    components: base + 47,
    irc: base + 67,
    redis: base + 79,
    http: base + 80,
    prosodyHttp: base + 81,
    componentsHealth: base + 90,
    workerHealth: base + 91,
    serverAgentHealth: base + 92,
    gatewayHealth: base + 93,
  } as const;
}

/** The home asked for by option or environment (KONTOR_HOME, KONTOR_PORT_BASE), else `.kontor` of the repository. */
export function homeOf(options: { home?: string | undefined; portBase?: string | number | undefined }): Home {
  const folder = resolve(options.home ?? process.env.KONTOR_HOME ?? join(repository, ".kontor"));
  const text = String(options.portBase ?? process.env.KONTOR_PORT_BASE ?? 25_000);
  const portBase = Number(text);
  if (!/^\d+$/.test(text) || portBase < 1024 || portBase > 65_400) {
    throw new StackError(`port base ${text} will not do, allowed is 1024 to 65400`);
  }
  return { folder, portBase, ports: portsOf(portBase) };
}

/** Makes the home folder and its sub-folders. Others may pass through (servers run as another user) but not list. */
export function makeHome({ folder }: Home): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  mkdirSync(join(folder, "logs"), { recursive: true, mode: 0o700 });
}

const digest = (folder: string): string => createHash("sha256").update(folder).digest("hex").slice(0, 12);

/**
 * Path of a socket of this home. The kernel takes 107 bytes at most; a longer one lies in a folder of its own in /tmp,
 * which belongs to `owner` (a user id) when another user is to bind it.
 */
export function socketPath({ folder }: Home, name: string, owner = process.getuid?.() ?? 0): string {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= 107) return path;
  const short = join(tmpdir(), `kontor-${owner}-${digest(folder)}`);
  if (!existsSync(short)) {
    mkdirSync(short, { mode: 0o711 });
    if (owner !== process.getuid?.()) chownSync(short, owner, process.getgid?.() ?? 0);
  }
  const found = lstatSync(short);
  if (!found.isDirectory() || found.uid !== owner) throw new StackError(`${short} belongs to somebody else; remove it`);
  return join(short, basename(name));
}

/** Name of the socket in Linux' abstract namespace that one supervisor of this home holds while it lives. */
export function lockName({ folder }: Home): string {
  return `\0kontor-${process.getuid?.() ?? 0}-${digest(folder)}`;
}
