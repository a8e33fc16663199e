import { HOST_MARK, serverHosts, tenantHosts } from "../../config/prosody/generate.ts";
import { luaString } from "../../config/prosody/lua.ts";
import { StackError } from "./error.ts";
import type { ServedTenant, ServerFollower } from "./server-kind.ts";

export interface ProsodyFollowerDeps {
  /** Writes the configuration for these tenants; tells whether it differs from what was there. */
  readonly writeConfig: (tenants: readonly ServedTenant[]) => boolean;
  /** Runs lines in the shell of the server and gives the result of each. */
  readonly shell: (lines: readonly string[]) => Promise<string[]>;
}

/** All active hosts, each behind "+" when its section has our mark, else behind "-". */
const LIST = [
  ">local all, get = {}, require 'core.configmanager'.get",
  `for host in pairs(prosody.hosts) do all[#all + 1] = (get(host, ${luaString(HOST_MARK)}) and "+" or "-")..host end`,
  'return table.concat(all, " ")',
].join(" ");

interface ActiveHost {
  readonly host: string;
  /** Its section in the configuration that the server has read is one of ours. */
  readonly marked: boolean;
}

/** What the server's answer to `LIST` says. Pure. */
export function activeHosts(answer: string): ActiveHost[] {
  return answer
    .split(" ")
    .filter(Boolean)
    .map((word) => ({ host: word.slice(1), marked: word.startsWith("+") }));
}

/**
 * The shell lines that turn the active hosts into the wanted ones: `gone` before the configuration is read again, in
 * which they have no mark any more, `added` after it, in which they stand. Components go before their host and come
 * after it: the order of `wanted` is that of activation. Hosts that are neither marked nor of a known tenant are an
 * operator's own and stay. Pure.
 */
export function hostLines(
  active: readonly ActiveHost[],
  wanted: readonly string[],
  knownDomains: readonly string[],
): { readonly gone: string[]; readonly added: string[] } {
  const known = new Set(knownDomains.flatMap(tenantHosts));
  const here = new Set(active.map(({ host }) => host));
  const gone = active
    .filter(({ host, marked }) => (marked || known.has(host)) && !wanted.includes(host))
    .map(({ host }) => host)
    .sort((a, b) => b.length - a.length);
  return {
    gone: gone.map((host) => `host:deactivate(${luaString(host)}, "This address is not served any more")`),
    added: wanted.filter((host) => !here.has(host)).map((host) => `host:activate(${luaString(host)})`),
  };
}

/**
 * Keeps a running Prosody in step: writes its configuration, has it read again, and activates and deactivates the hosts
 * of tenants over the admin socket; those of others stay untouched.
 */
export function prosodyFollower({ writeConfig, shell }: ProsodyFollowerDeps): ServerFollower {
  // What it read last is not known.
  let reloadPending = true;

  const run = async (lines: readonly string[]): Promise<string[]> => {
    if (lines.length === 0) return [];
    const results = await shell(lines);
    return results.map((result, index) => {
      const good = /^(?:OK|Result): ([\s\S]*)$/.exec(result)?.[1];
      if (good === undefined) throw new StackError(`Prosody answered ${lines[index]} with ${result}`);
      return good;
    });
  };

  return {
    follow: async (tenants, known) => {
      const [active = ""] = await run([LIST]);
      const { gone, added } = hostLines(activeHosts(active), serverHosts(tenants.map(({ domain }) => domain)), known);
      await run(gone);
      if (writeConfig(tenants)) reloadPending = true;
      const reload = reloadPending ? ["config:reload()"] : [];
      await run(reload);
      reloadPending = false;
      await run(added);
      return [...gone, ...reload, ...added];
    },
  };
}
