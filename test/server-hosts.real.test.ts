/** Hosts of others on the XMPP server stay; what is shut with a tenant is that tenant alone, also for browsers. */
import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { WebSocket } from "ws";
import { signIn, type XmppClient } from "../cli/client/xmpp-client.ts";
import { homeOf } from "../cli/stack/home.ts";
import { ownConfigFolder } from "../cli/stack/parts/prosody.ts";
import { attr, x } from "../components/stanza.ts";
import { HOST_MARK } from "../config/prosody/generate.ts";
import { type OwnTenants, ownTenants } from "./support/own-tenants.ts";
import { eventually, realStack } from "./support/real.ts";

const { home, demo, settings } = realStack();
const run = randomUUID().slice(0, 6);
const file = join(ownConfigFolder(homeOf({ home })), `${run}.cfg.lua`);
const foreign = `own-${run}.localhost`;
const left = `left-${run}.localhost`;
let tenants: OwnTenants;
const open: XmppClient[] = [];

beforeAll(async () => {
  // The client library takes the browser's, which Node 20 does not have.
  Object.assign(globalThis, { WebSocket });
  tenants = await ownTenants();
});
afterAll(async () => {
  for (const client of open) await client.stop().catch(() => undefined);
  rmSync(file, { force: true });
  await tenants.shell("config:reload()", `host:deactivate("${foreign}", "over")`);
  await tenants.close();
});

const active = async (host: string) =>
  (await tenants.shell(`>return tostring(prosody.hosts["${host}"] ~= nil)`)).join().includes("true");

const enter = async (jid: string): Promise<XmppClient> => {
  const password = await tenants.account(jid);
  const { host, port } = demo.xmpp;
  const client = await signIn({ host, port, websocket: settings.xmpp.websocketUrl, jid, password });
  open.push(client);
  return client;
};

it("a host of the operator's own stays, and one that carries our mark but belongs to no tenant goes", async () => {
  const mark = `  ${HOST_MARK} = true\n`;
  writeFileSync(file, `VirtualHost "${foreign}"\nVirtualHost "${left}"\n${mark}`, { mode: 0o644 });
  const answers = await tenants.shell("config:reload()", `host:activate("${foreign}")`, `host:activate("${left}")`);
  expect(answers.join()).not.toMatch(/error|not /i);
  await eventually(async () => ((await active(left)) ? undefined : true), "the marked host goes");
  // The agent has looked, and rewrites the configuration with each tenant that comes.
  await tenants.create("wirt");
  expect(await active(foreign)).toBe(true);
});

it("partners talk over WebSocket while the first tenant is suspended", async () => {
  const first = await tenants.create("a0-first");
  const [one, two] = [await tenants.create("ws-eins"), await tenants.create("ws-zwei")];
  await tenants.consent(one, two.domain);
  await tenants.consent(two, one.domain);
  const shut = await enter(`ada@${first.domain}`);
  const shutPassword = await tenants.account(`eve@${first.domain}`);
  const signedOff = new Promise<void>((resolve) => shut.onClose(resolve));
  await tenants.step(first, "suspend");
  await signedOff;
  const { host, port } = demo.xmpp;
  const again = { host, port, websocket: settings.xmpp.websocketUrl, jid: `eve@${first.domain}` };
  await expect(signIn({ ...again, password: shutPassword })).rejects.toThrow();

  const [a, b] = [await enter(`a@${one.domain}`), await enter(`b@${two.domain}`)];
  await b.send(x("presence"));
  await eventually(async () => {
    const ping = x("iq", { type: "get", to: `rooms.${two.domain}` }, x("ping", { xmlns: "urn:xmpp:ping" }));
    const answer = await a.iq(ping);
    return answer.toString().includes("forbidden") ? undefined : true;
  }, "the consent of both");
  await a.send(x("message", { to: b.jid, type: "chat" }, x("body", {}, "über das Netz")));
  const got = await b.next((stanza) => stanza.getChildText("body") === "über das Netz", "the partner's message");
  expect(attr(got, "from")).toBe(a.jid);
});
