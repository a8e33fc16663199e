/** What tests against the running system share: where it runs, who can sign in, its database. */
import { type SignIn, signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { type Demo, readDemo } from "../../cli/stack/demo-file.ts";
import { readEnvironment } from "../../cli/stack/environment.ts";
import { homeOf } from "../../cli/stack/home.ts";
import { loadSettings, readIfThere, type Settings } from "../../config/settings.ts";
import type { Log } from "../../platform/log.ts";
import { type Database, openDatabase } from "../../platform/postgres.ts";

export type { Demo };

export interface RealStack {
  readonly home: string;
  readonly demo: Demo;
  /** The settings that the running processes have. */
  readonly settings: Settings;
}

/** The stack that KONTOR_HOME names; it must be up. */
export function realStack(): RealStack {
  const home = process.env.KONTOR_HOME;
  if (!home) throw new Error("KONTOR_HOME names no running stack: use './kontor test'");
  const at = homeOf({ home });
  return { home, demo: readDemo(at), settings: loadSettings(readEnvironment(at), readIfThere) };
}

/** Who signs in: the person of a tenant by the place in the demo's list. */
export function personOf(demo: Demo, tenant: number, index: number): SignIn {
  const person = demo.tenants[tenant]?.people[index];
  if (!person) throw new Error(`the demo has no person ${index} in tenant ${tenant}`);
  return { host: demo.xmpp.host, port: demo.xmpp.port, jid: person.jid, password: person.password };
}

export function signInAs(demo: Demo, tenant: number, index: number): Promise<XmppClient> {
  return signIn(personOf(demo, tenant, index));
}

/** A log that keeps silent. */
export const silentLog: Log = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  with: () => silentLog,
};

/** The stack's database as the application role, as every process has it. Close it at the end. */
export function openTestDatabase(as: "application" | "owner" = "application"): Database {
  const { url, adminUrl, role } = realStack().settings.database;
  if (as === "owner") return openDatabase({ url: adminUrl ?? url, poolSize: 4 }, silentLog);
  return openDatabase({ url, role, poolSize: 4 }, silentLog);
}

/** Asks until `done` gives a value, at most `timeoutMs`; for what has no event to wait for. */
export async function eventually<T>(ask: () => Promise<T | undefined>, what: string, timeoutMs = 10_000): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (Date.now() > until) throw new Error(`${what} did not come true within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
