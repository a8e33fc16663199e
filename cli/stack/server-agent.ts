import { HOST_MARK, serverHosts, tenantHosts } from "../../config/prosody/generate.ts";
import { luaString } from "../../config/prosody/lua.ts";
import type { Log } from "../../platform/log.ts";
import { StackError } from "./error.ts";

/** A tenant that is to be served. */
interface ServedTenant {
  readonly domain: string;
  readonly partners: readonly string[];
}

export interface ServerAgentDeps {
  readonly servedTenants: () => Promise<readonly ServedTenant[]>;
  /** Domains of all tenants there are, served or not. */
  readonly knownDomains: () => Promise<readonly string[]>;
  /** Writes the configuration for these tenants; tells whether it differs from what was there. */
  readonly writeConfig: (tenants: readonly ServedTenant[]) => boolean;
  /** Runs lines in the shell of the server and gives the result of each. */
  readonly shell: (lines: readonly string[]) => Promise<string[]>;
  /** After the server has the hosts of these tenants and of no others; `changed`: it had not before. */
  readonly onFollowed: (tenants: readonly ServedTenant[], changed: boolean) => Promise<void>;
  readonly log: Log;
}

export interface ServerAgent {
  /** Looks now; for whoever hears that a tenant changed. */
  look(): void;
  /** Rejects with why the server is not as the table of tenants has it. */
  check(): Promise<void>;
  close(): void;
}

const LOOK_MS = 3_000;
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
 * Keeps a running Prosody in step with the table of tenants, without a restart: writes its configuration, has it read
 * again, and activates and deactivates the hosts of tenants over the admin socket; those of others stay untouched. What the server really has is asked for at each
 * look, so that a server that was started anew, or a step that failed, is put right by the next one.
 */
export function startServerAgent(deps: ServerAgentDeps): ServerAgent {
  let reloadPending = true;
  let problem: unknown = new Error("the server was not looked at yet");
  let looking = false;
  let again = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const follow = async (): Promise<void> => {
    const [tenants, known] = await Promise.all([deps.servedTenants(), deps.knownDomains()]);
    const [active = ""] = await run([LIST]);
    const lines = hostLines(activeHosts(active), serverHosts(tenants.map(({ domain }) => domain)), known);
    await run(lines.gone);
    if (deps.writeConfig(tenants)) reloadPending = true;
    const reloaded = reloadPending;
    if (reloadPending) await run(["config:reload()"]);
    reloadPending = false;
    await run(lines.added);
    const all = [...lines.gone, ...lines.added];
    await deps.onFollowed(tenants, reloaded || all.length > 0);
    for (const line of all) deps.log.info("The server followed", { class: "system", line });
  };

  const run = async (lines: readonly string[]): Promise<string[]> => {
    if (lines.length === 0) return [];
    const results = await deps.shell(lines);
    return results.map((result, index) => {
      const good = /^(?:OK|Result): ([\s\S]*)$/.exec(result)?.[1];
      if (good === undefined) throw new StackError(`Prosody answered ${lines[index]} with ${result}`);
      return good;
    });
  };

  const look = async (): Promise<void> => {
    // One look at a time; a call in between is not lost.
    again = looking;
    if (looking || closed) return;
    looking = true;
    clearTimeout(timer);
    try {
      await follow();
      problem = undefined;
    } catch (error) {
      if (problem === undefined) deps.log.warn("The server could not be brought in step; tried again", { error });
      problem = error;
    }
    looking = false;
    if (!closed) timer = setTimeout(look, again ? 0 : LOOK_MS);
  };

  void look();
  return {
    look: () => void look(),
    check: async () => {
      if (problem !== undefined) throw problem;
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
