import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { StackError } from "./error.ts";

/** The user that the servers run as when `up` itself runs as root: PostgreSQL refuses root, the others need it not. */
const name = "kontor";

export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

const number = (flag: "-u" | "-g"): number =>
  Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));

/** The user for the servers, made when it is missing; undefined when this process is not root and none is needed. */
export function serviceUser(report: (line: string) => void): ServiceUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    return { uid: number("-u"), gid: number("-g") };
  } catch {
    report(`making the system user '${name}' for the servers`);
  }
  try {
    const args = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"];
    execFileSync("useradd", [...args, "--shell", "/usr/sbin/nologin", name], { stdio: ["ignore", "ignore", "pipe"] });
    return { uid: number("-u"), gid: number("-g") };
  } catch (error) {
    throw new StackError(`cannot make the system user '${name}': ${error instanceof Error ? error.message : error}`);
  }
}

function reachable(path: string, { uid, gid }: ServiceUser): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid: owner, gid: group } = statSync(folder);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * How to run a server as the service user. Where it could not even get to `paths` (a repository below /root), it keeps
 * the one capability that lets it pass closed folders, and no other power of root.
 */
export function asService(
  user: ServiceUser | undefined,
  command: string,
  args: readonly string[],
  paths: readonly string[],
): { command: string; args: string[]; uid?: number; gid?: number } {
  if (!user) return { command, args: [...args] };
  if (paths.every((path) => reachable(path, user))) return { command, args: [...args], ...user };
  const ids = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
  const powers = [
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
    "--bounding-set=-all,+dac_override",
  ];
  return { command: "setpriv", args: [...ids, ...powers, "--no-new-privs", "--", command, ...args] };
}
