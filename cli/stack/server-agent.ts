import type { Log } from "../../platform/log.ts";
import type { ServedTenant, ServerFollower } from "./server-kind.ts";

export interface ServerAgentDeps {
  readonly servedTenants: () => Promise<readonly ServedTenant[]>;
  /** Domains of all tenants there are, served or not. */
  readonly knownDomains: () => Promise<readonly string[]>;
  readonly server: ServerFollower;
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
/**
 * Keeps a running XMPP server in step with the table of tenants, without a restart. What the server really has is asked
 * for at each look, so that a server that was started anew, or a step that failed, is put right by the next one.
 */
export function startServerAgent(deps: ServerAgentDeps): ServerAgent {
  let problem: unknown = new Error("the server was not looked at yet");
  let looking = false;
  let again = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const follow = async (): Promise<void> => {
    const [tenants, known] = await Promise.all([deps.servedTenants(), deps.knownDomains()]);
    const done = await deps.server.follow(tenants, known);
    await deps.onFollowed(tenants, done.length > 0);
    for (const line of done) deps.log.info("The server followed", { class: "system", line });
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
