/** A tenant with people and groups, changed over REST as administrators do, and what its clients see in their rosters. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { z } from "zod";
import { type SignIn, signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, type Element, x } from "../../components/stanza.ts";
import { localActor } from "../../identity/index.ts";
import { newId } from "../../platform/ids.ts";
import { openRedis } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { defaultPresenceRules } from "../../presence/core-visibility.ts";
import { presenceRulesChanged } from "../../presence/events.ts";
import { setPresenceRules } from "../../presence/store-rules.ts";
import { eventually, realStack, silentLog } from "./real.ts";
import { roomsApi } from "./rooms-api.ts";
import { askRoster, pushed, type Roster } from "./roster.ts";

interface Somebody {
  readonly id: string;
  readonly jid: string;
  readonly at: SignIn;
}

const made = z.object({ id: z.string() });
const scopes = [
  "person:read",
  "person:create",
  "person:change",
  "person:delete",
  "group:read",
  "group:change",
] as const;

/** What a module of the server has stored of a host; empty when there is nothing. */
export function storedAtServer(domain: string, store: string, key: string): string {
  const encoded = (text: string) => text.replace(/[^a-z0-9]/gi, (each) => `%${each.charCodeAt(0).toString(16)}`);
  const file = join(realStack().home, "prosody", "data", encoded(domain), store, `${encoded(key)}.dat`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

async function serverTakesRules(tenant: string, domain: string): Promise<void> {
  const redis = openRedis(realStack().settings.redis.url, silentLog);
  try {
    await wake(redis, presenceRulesChanged, { tenant }, silentLog);
    // Contacts are the second of the audiences.
    const taken = async () =>
      storedAtServer(domain, "kontor_visibility", "@rules").includes('["within"] = 2') || undefined;
    await eventually(taken, "the server takes the rules");
  } finally {
    redis.disconnect();
  }
}

export async function groupsWorld(tenantName: string) {
  const { host, port } = realStack().demo.xmpp;
  const api = await roomsApi(tenantName, ...scopes);
  const { domain, id: tenant } = api.tenant;
  // Under the rule that colleagues all see each other no subscription is ever asked.
  const change = { actor: localActor("cli"), now: new Date(), newId, check: () => undefined };
  await setPresenceRules(api.db, tenant, { ...defaultPresenceRules, within: "contacts" }, change);
  await serverTakesRules(tenant, domain);
  const people = new Map<string, Somebody>();
  const clients = new Set<XmppClient>();

  const ask = async (method: "get" | "post" | "put" | "delete", path: string, body?: object) => {
    const answer = await api.ask(method, path, body && { body });
    expect({ path, status: answer.status, body: answer.status < 300 ? {} : answer.body }).toMatchObject({ body: {} });
    return answer.body as unknown;
  };
  const of = (local: string): Somebody => {
    const found = people.get(local);
    if (!found) throw new Error(`there is no ${local}`);
    return found;
  };
  const online = async (local: string): Promise<XmppClient> => {
    const client = await eventually(() => signIn(of(local).at).catch(() => undefined), `${local} signs in`);
    clients.add(client);
    return client;
  };
  const leave = async (client: XmppClient): Promise<void> => {
    clients.delete(client);
    await client.stop();
  };
  const named = (roster: Roster): Roster =>
    Object.fromEntries(Object.entries(roster).map(([jid, item]) => [jid.replace(`@${domain}`, ""), item]));
  const rosterOf = async (client: XmppClient): Promise<Roster> => named((await askRoster(client))?.roster ?? {});

  return {
    ...{ api, domain, ask, online, leave, rosterOf },
    jid: (local: string) => `${local}@${domain}`,
    /** How somebody signs in. */
    signInOf: (local: string): SignIn => of(local).at,
    /** Somebody active, with an account. */
    add: async (local: string, name: string): Promise<void> => {
      const password = randomUUID();
      const { id } = made.parse(await ask("post", "/people", { localpart: local, name, password }));
      const jid = `${local}@${domain}`;
      people.set(local, { id, jid, at: { host, port, jid, password } });
    },
    rename: async (local: string, name: string): Promise<void> => {
      const { id } = of(local);
      const found = await api.ask("get", `/people/${id}`);
      const sent = api.ask("put", `/people/${id}`, { body: { name, email: null } });
      expect((await sent.set("If-Match", found.headers.etag ?? "")).status).toBe(200);
    },
    turn: (local: string, what: "disable" | "enable") => ask("post", `/people/${of(local).id}/${what}`),
    remove: (local: string) => ask("delete", `/people/${of(local).id}`),
    addGroup: async (name: string, members: readonly string[], roster = true): Promise<string> => {
      const { id } = made.parse(await ask("post", "/groups", { name, roster }));
      for (const each of members) await ask("put", `/groups/${id}/members/${of(each).id}`);
      return id;
    },
    changeGroup: async (id: string, to: { name: string; roster: boolean }): Promise<void> => {
      const found = await api.ask("get", `/groups/${id}`);
      const sent = api.ask("put", `/groups/${id}`, { body: to });
      expect((await sent.set("If-Match", found.headers.etag ?? "")).status).toBe(200);
    },
    join: (group: string, local: string) => ask("put", `/groups/${group}/members/${of(local).id}`),
    part: (group: string, local: string) => ask("delete", `/groups/${group}/members/${of(local).id}`),
    removeGroup: (group: string) => ask("delete", `/groups/${group}`),
    /** Signs in, asks for the roster and is available. */
    there: async (local: string): Promise<XmppClient> => {
      const client = await online(local);
      await askRoster(client);
      await client.send(x("presence"));
      return client;
    },
    /** The roster of somebody, asked by a session of its own, is so before long. */
    rosterIs: async (local: string, wanted: Roster): Promise<void> => {
      const client = await online(local);
      const text = (roster: Roster) => JSON.stringify(Object.entries(roster).sort());
      let last: Roster = {};
      await eventually(async () => {
        last = await rosterOf(client);
        return text(last) === text(wanted) || undefined;
      }, `the roster of ${local}`).catch(() => undefined);
      expect(last).toEqual(wanted);
      await leave(client);
    },
    /** Waits for a push. */
    pushOf: (client: XmppClient, local: string, item: string) =>
      client.next((each) => {
        const found = pushed(each);
        return found?.jid === `${local}@${domain}` && found.item === item;
      }, `${local} as ${item}`),
    presenceOf: (client: XmppClient, local: string, type?: "unavailable") =>
      client.next(
        (each: Element) =>
          each.is("presence") &&
          attr(each, "type") === type &&
          (attr(each, "from") ?? "").startsWith(`${local}@${domain}`),
        `presence of ${local}, ${type ?? "available"}`,
      ),
    close: async () => {
      for (const client of clients) await client.stop().catch(() => undefined);
      await api.close();
    },
  };
}
export type GroupsWorld = Awaited<ReturnType<typeof groupsWorld>>;
