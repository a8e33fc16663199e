/** The XMPP servers of the stack, made ready to start. */

import { ejabberdServer } from "./parts/ejabberd.ts";
import { adminSocket, type LocalServer, prosodyPart, writeProsodyConfig } from "./parts/prosody.ts";
import { createAccounts } from "./prosody-shell.ts";
import type { ServerName, XmppServer } from "./server-kind.ts";

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
