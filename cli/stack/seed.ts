import { demoBridge, demoTenants } from "../../config/demo.ts";
import { quotas } from "../../config/sections/quotas.ts";
import { listLinks, removeLink } from "../../gateway/bridge/store.ts";
import { addPeople, addTenant, addToken, localActor } from "../../identity/index.ts";
import { servedTenants } from "../../identity/tenant-reads.ts";
import { ensureRoom } from "../../messaging/store.ts";
import type { Scope } from "../../platform/http.ts";
import { newId } from "../../platform/ids.ts";
import { createLog } from "../../platform/log.ts";
import { type Database, openDatabase } from "../../platform/postgres.ts";
import { newSecret } from "../../platform/secrets.ts";
import type { Home } from "./home.ts";
import { makePassword, type Secrets, saveSecrets } from "./secrets.ts";

const tokenDays = 3650;

/** Fills in passwords of the demo's people and the operator's token where they are missing. */
export function demoSecrets(home: Home, secrets: Secrets): Secrets {
  const jids = demoTenants.flatMap(({ domain, people }) => people.map(({ user }) => `${user}@${domain}`));
  const people = Object.fromEntries(jids.map((jid) => [jid, secrets.people[jid] ?? makePassword()]));
  const filled = { ...secrets, people: { ...secrets.people, ...people }, token: secrets.token ?? newSecret("kontor") };
  saveSecrets(home, filled);
  return filled;
}

const read: readonly Scope[] = ["presence:read", "rooms:read", "links:read", "retention:read"];
const tenants: readonly Scope[] = [
  ...(["tenant:list", "tenant:create", "tenant:read"] as const),
  ...(["tenant:change", "tenant:suspend", "tenant:close", "tenant:partners"] as const),
];
const scopes: readonly Scope[] = [...read, ...tenants, "links:write", "retention:run"];

/**
 * Puts the demo's tenants, people, token, room and IRC link into the database where they are missing, and gives the
 * tenants that are served.
 */
export async function seedDemo(
  databaseUrl: string,
  secrets: Secrets,
  ircPort: number,
): ReturnType<typeof servedTenants> {
  const db = openDatabase({ url: databaseUrl, poolSize: 2 }, createLog("up", "error"));
  const now = new Date();
  try {
    for (const { id, domain, name, people } of demoTenants) {
      const [contact = "", deputy = ""] = people.map((person) => person.name);
      await addTenant(db, { id, domain, name, contact, deputy, partners: [] }, now);
      const rows = people.map((person) => ({ localpart: person.user, name: person.name, roles: person.roles }));
      await addPeople(db, id, rows, newId, now);
    }
    const expiresAt = new Date(now.getTime() + tokenDays * 86_400_000);
    await addToken(
      db,
      { id: newId(), token: secrets.token ?? "", tenant: null, label: "demo", scopes, expiresAt },
      now,
    );
    await linkDemoRoom(db, ircPort, secrets.xmpp, now);
    return await servedTenants(db);
  } finally {
    await db.close();
  }
}

async function linkDemoRoom(db: Database, port: number, secret: string, now: Date): Promise<void> {
  const { tenantId, room, channel } = demoBridge;
  const roomId = await ensureRoom(db, tenantId, room, newId, now);
  const demoLinks = (await listLinks(db, [tenantId])).filter(
    (link) => link.room === room && link.network === "irc" && link.place.startsWith(`${channel}@127.0.0.1:`),
  );
  const by = { actor: localActor("cli"), newId };
  // A start with another port base left a link to a port where nothing answers any more.
  const stale = demoLinks.filter((link) => !link.place.endsWith(`:${port}`));
  for (const { id } of stale) await removeLink(db, { tenant: tenantId, id }, { ...by, now });
  if (demoLinks.length > stale.length) return;
  // Read at the first start only: it brings in the networks with all that they need.
  const { addLink } = await import("../../gateway/bridge/index.ts");
  // The demo's server is ours and on loopback: no TLS, and no need to be slow.
  const config = { host: "127.0.0.1", port, tls: false, channel, linesPerSecond: 50, burst: 100 };
  await addLink(
    db,
    tenantId,
    { id: newId(), roomId, network: "irc", config, now },
    { quotas: quotas.parse({}), secret, ...by },
  );
}
