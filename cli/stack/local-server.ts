import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Home } from "./home.ts";
import { loadSecrets, type Secrets, writePrivate } from "./secrets.ts";
import { type ServerName, serverNames } from "./server-kind.ts";
import { type ServiceUser, serviceUser } from "./service-user.ts";

/** The XMPP server of a home. */
export interface LocalServer {
  readonly name: ServerName;
  readonly home: Home;
  readonly secrets: Secrets;
  /** Connection to the database of the personal archives. */
  readonly archiveUrl: string;
  /** The user it runs as; undefined: that of this process. */
  readonly user: ServiceUser | undefined;
}

const pathOf = (home: Home): string => join(home.folder, "xmpp-server.json");
const kept = z.object({ server: z.enum(serverNames), archiveUrl: z.string() });

/** Keeps what the server is and where the archives are, for the agent that writes its configuration while it runs. */
export function saveLocalServer(home: Home, server: ServerName, archiveUrl: string): void {
  writePrivate(pathOf(home), { server, archiveUrl });
}

/** The server of a home that `up` made. Throws when it made none. */
export function localServer(home: Home): LocalServer {
  const { server: name, archiveUrl } = kept.parse(JSON.parse(readFileSync(pathOf(home), "utf8")));
  return { name, home, secrets: loadSecrets(home), archiveUrl, user: serviceUser(() => undefined) };
}

/** A database in the words that servers' configurations have for it. */
export function databaseOf(url: string) {
  const { hostname: host, port, pathname, username, password } = new URL(url);
  return {
    ...{ host, port: Number(port || 5432), database: pathname.slice(1) },
    ...{ user: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}
