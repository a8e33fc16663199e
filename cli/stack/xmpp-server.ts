/** The XMPP server beside which the components run: what the stack needs of it, whichever it is. */

import type { PartSpec } from "./part.ts";
import { ejabberdServer } from "./parts/ejabberd.ts";
import { adminSocket, type LocalServer, prosodyPart, writeProsodyConfig } from "./parts/prosody.ts";
import { createAccounts } from "./prosody-shell.ts";

/** The servers there are; the first is the usual one. */
export const serverNames = ["prosody", "ejabberd"] as const;
export type ServerName = (typeof serverNames)[number];

export interface XmppServer {
  readonly part: PartSpec;
  /** Makes those of these accounts that are missing. */
  createAccounts(passwords: ReadonlyMap<string, string>): Promise<void>;
}

interface ServedTenant {
  readonly domain: string;
  readonly partners: readonly string[];
}

/** Writes the configuration of the server for these tenants; it is not started yet. */
export function xmppServer(name: ServerName, server: LocalServer, tenants: readonly ServedTenant[]): XmppServer {
  if (name === "ejabberd") return ejabberdServer(server, tenants);
  const { home, user } = server;
  return {
    part: prosodyPart(home, writeProsodyConfig(server, tenants).file, user),
    createAccounts: (passwords) => createAccounts(adminSocket(home, user), passwords),
  };
}
