import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { XmppClient } from "../../cli/client/xmpp-client.ts";
import { type Element, parseXml, x } from "../../components/stanza.ts";
import { NS_PING } from "../../components/xep/xep-0199-ping.ts";
import { type Demo, realStack, signInAs } from "../support/real.ts";
import { matches } from "./match.ts";
import { parseScript, type Script, type Step } from "./script.ts";

const folder = new URL(".", import.meta.url);
const scripts = readdirSync(folder)
  .filter((name) => name.endsWith(".txt"))
  .sort();
const WAIT_MS = 8_000;

let connected: XmppClient[] = [];
afterEach(async () => {
  await Promise.all(connected.map((client) => client.stop().catch(() => undefined)));
  connected = [];
});

describe.each(scripts)("%s", (file) => {
  const script = parseScript(readFileSync(new URL(file, folder), "utf8"));
  test(script.title, async () => {
    await play(script, file, realStack().demo);
    expect(script.steps.length).toBeGreaterThan(1);
  }, 60_000);
});

async function play(script: Script, file: string, demo: Demo): Promise<void> {
  const clients = new Map<string, XmppClient>();
  const tenant = demo.tenants[0];
  const other = demo.tenants[1];
  if (!tenant || !other) throw new Error("the demo needs two tenants");
  const memory = new Map([
    ["room", `${file.replace(/\.txt$/, "")}-${Date.now().toString(36)}@${tenant.rooms}`],
    ["rooms", tenant.rooms],
    ["domain", tenant.domain],
    ["upload", tenant.upload],
    ["other.rooms", other.rooms],
  ]);
  for (const step of script.steps) {
    const where = `${file}:${step.line}`;
    try {
      await perform(step, script, demo, clients, memory);
    } catch (error) {
      throw new Error(`${where}: ${step.person} ${step.action}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

async function perform(
  step: Step,
  script: Script,
  demo: Demo,
  clients: Map<string, XmppClient>,
  memory: Map<string, string>,
): Promise<void> {
  const client = clients.get(step.person);
  if (step.action === "connects") {
    const place = script.people.get(step.person);
    const opened = await signInAs(demo, place?.tenant ?? 0, place?.index ?? 0);
    connected.push(opened);
    clients.set(step.person, opened);
    memory.set(step.person, opened.jid);
    memory.set(`${step.person}.bare`, opened.jid.split("/")[0] ?? "");
    return;
  }
  if (!client) throw new Error("connect first");
  if (step.action === "disconnects") return client.stop();
  const xml = step.xml.replaceAll(/\{([\w.]+)\}/g, (whole, name: string) => memory.get(name) ?? whole);
  const stanza = withoutLayout(parseXml(xml));
  if (step.action === "sends") return client.send(stanza);
  if (step.action === "receives") {
    await client.next((each) => matches(stanza, each, memory), `\n${xml}`, WAIT_MS);
    return;
  }
  await receivesNothingLike(client, stanza, memory);
}

/** Whatever was on its way is here when the room service has answered a ping: streams keep order. */
async function receivesNothingLike(client: XmppClient, stanza: Element, memory: Map<string, string>): Promise<void> {
  await client.iq(x("iq", { type: "get", to: memory.get("rooms") }, x("ping", { xmlns: NS_PING })));
  const unwanted = client.pending().find((each) => matches(stanza, each, new Map()));
  if (unwanted) throw new Error(`came: ${unwanted.toString()}`);
}

function withoutLayout(element: Element): Element {
  const kept = element.children.filter((child) => typeof child !== "string" || child.trim() !== "");
  element.children = kept.map((child) => (typeof child === "object" ? withoutLayout(child) : child));
  return element;
}
