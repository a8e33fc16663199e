/** A tenant of a test's own on the running service, made and closed over REST as an operator does. */
import { randomUUID } from "node:crypto";
import { expect } from "@jest/globals";
import { z } from "zod";
import { signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { homeOf } from "../../cli/stack/home.ts";
import { runningServer } from "../../cli/stack/xmpp-server.ts";
import { x } from "../../components/stanza.ts";
import type { OwnQuotas } from "../../identity/core-quota.ts";
import { eventually, realStack } from "./real.ts";

export interface OwnTenant {
  readonly id: string;
  readonly domain: string;
  /** Asks the API below `/tenants/<id>` as the operator. */
  ask(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Changes the tenant's own quotas. */
  setQuotas(quotas: OwnQuotas): Promise<void>;
  usage(): Promise<Record<string, { readonly limit: number; readonly used: number | null }>>;
  /** Does a step of the tenant's life: suspend, resume. */
  step(name: string): Promise<void>;
  /** Somebody new who has signed in and can reach rooms and upload. */
  person(name: string): Promise<XmppClient>;
  close(): Promise<void>;
}

const usageSchema = z.record(z.string(), z.object({ limit: z.number(), used: z.number().nullable() }));
const NS_INFO = "http://jabber.org/protocol/disco#info";

export async function ownTenant(name: string, quotas: OwnQuotas = {}): Promise<OwnTenant> {
  const { home, demo } = realStack();
  const id = `${name}-${randomUUID().slice(0, 8)}`;
  const domain = `${id}.localhost`;
  const people: XmppClient[] = [];
  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${demo.http}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${demo.token}`, "Content-Type": "application/json", "X-Reason": "test" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  const line = { name: "Eigenes Amt", contact: "C", deputy: "D" };
  const made = await send("POST", "/tenants", { id, domain, ...line, quotas });
  expect(made).toMatchObject({ status: 201 });

  const tenant: OwnTenant = {
    id,
    domain,
    ask: (method, path, body) => send(method, `/tenants/${id}${path}`, body),
    setQuotas: async (to) => {
      const { version } = z.object({ version: z.number() }).parse((await tenant.ask("GET", "")).body);
      expect(await tenant.ask("PUT", "", { ...line, version, quotas: to })).toMatchObject({ status: 200 });
    },
    usage: async () => usageSchema.parse((await tenant.ask("GET", "/usage")).body),
    step: async (step) => void expect(await tenant.ask("POST", `/${step}`)).toMatchObject({ status: 200 }),
    person: async (local) => {
      const server = runningServer(homeOf({ home }));
      const [jid, password] = [`${local}@${domain}`, randomUUID()];
      const { host, port } = demo.xmpp;
      const client = await eventually(
        () =>
          server
            .createAccounts(new Map([[jid, password]]))
            .then(() => signIn({ host, port, jid, password }))
            .catch(() => undefined),
        `${jid} signs in`,
      );
      people.push(client);
      for (const prefix of ["rooms", "upload"]) {
        await eventually(async () => {
          const iq = x("iq", { type: "get", to: `${prefix}.${domain}` }, x("query", { xmlns: NS_INFO }));
          return (await client.iq(iq)).attrs.type === "result" || undefined;
        }, `${prefix} of ${domain}`);
      }
      return client;
    },
    close: async () => {
      for (const client of people) await client.stop().catch(() => undefined);
      await tenant.step("close");
    },
  };
  return tenant;
}
