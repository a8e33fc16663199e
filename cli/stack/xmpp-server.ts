/** The XMPP servers of the stack, whichever a home has. */
import { ejabberdApi } from "./ejabberd-api.ts";
import { ejabberdFollower, ejabberdHosts } from "./ejabberd-follower.ts";
import type { Home } from "./home.ts";
import { type LocalServer, localServer } from "./local-server.ts";
import { ejabberdServer, writeEjabberdConfig } from "./parts/ejabberd.ts";
import { adminSocket, prosodyPart, writeProsodyConfig } from "./parts/prosody.ts";
import { prosodyFollower } from "./prosody-follower.ts";
import { createAccounts, prosodyShell } from "./prosody-shell.ts";
import type { RunningServer, ServedTenant, XmppServer } from "./server-kind.ts";

/** Writes the configuration of the server for these tenants; it is not started yet. */
export function xmppServer(server: LocalServer, tenants: readonly ServedTenant[]): XmppServer {
  if (server.name === "ejabberd") return ejabberdServer(server, tenants);
  const { home, user } = server;
  return {
    part: prosodyPart(home, writeProsodyConfig(server, tenants).file, user),
    createAccounts: (passwords) => createAccounts(adminSocket(home, user), passwords),
  };
}

/** The server of a home that is up. */
export function runningServer(home: Home): RunningServer {
  const server = localServer(home);
  if (server.name === "ejabberd") {
    const api = ejabberdApi(home, server.user);
    return {
      createAccounts: api.createAccounts,
      serves: async (domain) => (await ejabberdHosts(api)).includes(domain),
      follower: () => ejabberdFollower({ writeConfig: (tenants) => writeEjabberdConfig(server, tenants).changed, api }),
    };
  }
  const socket = adminSocket(home, server.user);
  const shell = (lines: readonly string[]) => prosodyShell(socket, lines);
  return {
    createAccounts: (passwords) => createAccounts(socket, passwords),
    serves: async (domain) => {
      // The last one of its hosts that is activated.
      const [answer = ""] = await shell([`>return tostring(prosody.hosts["presence.${domain}"] ~= nil)`]);
      return answer.includes("true");
    },
    follower: () => prosodyFollower({ writeConfig: (tenants) => writeProsodyConfig(server, tenants).changed, shell }),
  };
}
