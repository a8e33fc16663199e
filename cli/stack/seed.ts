import { demoTenants } from "../../config/demo.ts";
import { addPeople, addTenant, addToken, listTenants, type Tenant } from "../../identity/index.ts";
import { newId } from "../../platform/ids.ts";
import { createLog } from "../../platform/log.ts";
import { openDatabase } from "../../platform/postgres.ts";
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

/** Puts the demo's tenants, people and token into the database where they are missing, and gives all tenants. */
export async function seedDemo(databaseUrl: string, token: string): Promise<Tenant[]> {
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
    const scopes = ["presence:read", "rooms:read", "links:write", "retention:run", "retention:read"];
    await addToken(db, { id: newId(), token, tenant: null, label: "demo", scopes, expiresAt }, now);
    return await listTenants(db);
  } finally {
    await db.close();
  }
}
