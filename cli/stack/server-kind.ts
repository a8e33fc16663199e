/** What is needed of the XMPP server beside which the components run, whichever it is. */
import type { PartSpec } from "./part.ts";

/** The servers there are; the first is the usual one. */
export const serverNames = ["prosody", "ejabberd"] as const;
export type ServerName = (typeof serverNames)[number];

/** A tenant that the server serves, and the domains it agreed to talk to. */
export interface ServedTenant {
  readonly domain: string;
  readonly partners: readonly string[];
}

/** One that runs. */
export interface RunningServer {
  /** Makes those of these accounts that are missing. */
  createAccounts(passwords: ReadonlyMap<string, string>): Promise<void>;
  /** Whether it has this tenant's domain and the components below it. */
  serves(domain: string): Promise<boolean>;
  /** What brings it in step with the tenants. */
  follower(): ServerFollower;
}

/** One that is yet to be started. */
export interface XmppServer {
  readonly part: PartSpec;
  createAccounts: RunningServer["createAccounts"];
}

export interface ServerFollower {
  /**
   * Sees to it that the server serves these tenants and no others; gives what it did, nothing where all was so already.
   * `known`: the domains of all tenants there are, served or not. Throws where that was not possible; the next call then
   * does what is missing.
   */
  follow(tenants: readonly ServedTenant[], known: readonly string[]): Promise<readonly string[]>;
}
