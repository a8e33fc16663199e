import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackError } from "./error.ts";
import type { ServerName } from "./server-kind.ts";

/** Debian packages of the running service, each with a file or command that tells that it is there. */
const needed: Readonly<Record<string, string>> = {
  prosody: "prosody",
  "prosody-modules": "/usr/lib/prosody/modules/mod_privilege/mod_privilege.lua",
  "lua-dbi-postgresql": "/usr/share/doc/lua-dbi-postgresql",
  "redis-server": "redis-server",
  ngircd: "ngircd",
  openssl: "openssl",
};

/** ejabberd with archives in PostgreSQL. */
export const ejabberd = { ejabberd: "/usr/share/doc/ejabberd", "erlang-p1-pgsql": "/usr/share/doc/erlang-p1-pgsql" };

/** What a service with this XMPP server needs. */
export const packagesOf = (server: ServerName): Readonly<Record<string, string>> =>
  server === "ejabberd" ? { ...needed, ...ejabberd } : needed;

/** What the test suites need: the servers, which unit tests start by themselves too, a browser, and Python for programs of others. */
export const testPackages: Readonly<Record<string, string>> = {
  ...needed,
  ...ejabberd,
  chromium: "chromium",
  "python3-venv": "/usr/share/doc/python3-venv",
};

function isThere(sign: string): boolean {
  if (sign.startsWith("/")) return existsSync(sign);
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, sign), constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}

/**
 * Sees to it that the system packages are there: installs missing ones as root on Debian, else throws StackError that
 * says exactly what to install.
 */
export function ensurePackages(
  report: (line: string) => void,
  packages: Readonly<Record<string, string>> = needed,
): void {
  const missing = Object.entries(packages).flatMap(([name, sign]) => (isThere(sign) ? [] : [name]));
  if (missing.length === 0) return;
  const list = missing.join(" ");
  if (!existsSync("/etc/debian_version")) {
    throw new StackError(
      `these programs are missing, named as Debian's packages: ${list}. Install them and start again.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new StackError(`Debian packages are missing. Install them and start again:\n  sudo apt-get install ${list}`);
  }
  report(`installing Debian packages: ${list} (apt-get)`);
  withoutStartingServices(() => {
    apt(["update"]);
    apt(["install", "--yes", "--no-install-recommends", ...missing]);
  });
  // Debian's own services would take the standard ports at the next boot; what runs here is started by `up` alone.
  if (existsSync("/run/systemd/system")) {
    const units = missing.filter((name) => ["prosody", "ejabberd", "redis-server", "ngircd"].includes(name));
    for (const unit of units) spawnSync("systemctl", ["disable", "--quiet", unit], { stdio: "ignore" });
    if (units.length > 0) report(`the system services ${units.join(", ")} are left disabled`);
  }
}

/** Debian starts a service when its package is installed, unless this file forbids it. */
function withoutStartingServices(install: () => void): void {
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    install();
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function apt(args: readonly string[]): void {
  try {
    execFileSync("apt-get", ["--quiet", "--quiet", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "ignore", "pipe"],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new StackError(`apt-get ${args.join(" ")} failed:\n${said}`);
  }
}
