/** Plays dialogue scripts with real clients, before the tenant's rooms or those of another service. */
import { readdirSync, readFileSync } from "node:fs";
import type { XmppClient } from "../../cli/client/xmpp-client.ts";
import { type Element, parseXml, x } from "../../components/stanza.ts";
import { NS_PING } from "../../components/xep/xep-0199-ping.ts";
import { type Demo, signInAs } from "../support/real.ts";
import { matches } from "./match.ts";
import { parseScript, type Script, type Step } from "./script.ts";

const folder = new URL(".", import.meta.url);
const WAIT_MS = 8_000;

/** The names of all dialogues. */
export const scripts = readdirSync(folder)
  .filter((name) => name.endsWith(".txt"))
  .sort();

export const readScript = (file: string): Script => parseScript(readFileSync(new URL(file, folder), "utf8"));

export interface Stage {
  readonly demo: Demo;
  /** The domain of the rooms, instead of that of the first tenant. */
  readonly rooms?: string;
  /**
   * Called with each step that did not go as written, after which the play goes on; without it the first one throws.
   */
  readonly onDifference?: (step: Step) => void;
  /**
   * The service answers everything in the order in which it was asked: when everybody's ping was answered, all that is
   * expected is here, and nothing is waited for.
   */
  readonly ordered?: boolean;
}

/** Plays a script to its end and signs everybody off. Throws with the line of what did not go as written. */
export async function play(script: Script, file: string, stage: Stage): Promise<void> {
  const player = new Player(script, file, stage);
  try {
    for (const step of script.steps) {
      try {
        await player.perform(step);
      } catch (error) {
        if (stage.onDifference) stage.onDifference(step);
        else throw new Error(`${file}:${step.line}: ${step.person} ${step.action}: ${messageOf(error)}`);
      }
    }
  } finally {
    await player.signOff();
  }
}

class Player {
  readonly #script: Script;
  readonly #stage: Stage;
  readonly #clients = new Map<string, XmppClient>();
  readonly #memory: Map<string, string>;

  constructor(script: Script, file: string, stage: Stage) {
    this.#script = script;
    this.#stage = stage;
    const [tenant, other] = stage.demo.tenants;
    if (!tenant || !other) throw new Error("the demo needs two tenants");
    const rooms = stage.rooms ?? tenant.rooms;
    const local = `${file.replace(/\.txt$/, "")}-${Date.now().toString(36)}`;
    this.#memory = new Map([
      ["room", `${local}@${rooms}`],
      ["room.local", local],
      ["rooms", rooms],
      ["domain", tenant.domain],
      ["upload", tenant.upload],
      ["other.rooms", other.rooms],
    ]);
  }

  async perform(step: Step): Promise<void> {
    if (step.action === "connects") return this.#connect(step.person);
    const client = this.#clients.get(step.person);
    if (!client) throw new Error("connect first");
    if (step.action === "disconnects") {
      this.#clients.delete(step.person);
      return client.stop();
    }
    const xml = step.xml.replaceAll(/\{([\w.]+)\}/g, (whole, name: string) => this.#memory.get(name) ?? whole);
    const stanza = withoutLayout(parseXml(xml));
    if (step.action === "sends") return client.send(stanza);
    if (step.action === "receives nothing like") return this.#receivesNothingLike(client, stanza);
    if (this.#stage.ordered) {
      await this.#allIsHere();
      if (!client.pending().some((each) => matches(stanza, each, new Map()))) throw new Error("did not come");
    }
    await client.next((each) => matches(stanza, each, this.#memory), `\n${xml}`, WAIT_MS);
  }

  async signOff(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.stop().catch(() => undefined)));
  }

  async #connect(person: string): Promise<void> {
    const place = this.#script.people.get(person);
    const opened = await signInAs(this.#stage.demo, place?.tenant ?? 0, place?.index ?? 0);
    this.#clients.set(person, opened);
    this.#memory.set(person, opened.jid);
    this.#memory.set(`${person}.bare`, opened.jid.split("/")[0] ?? "");
  }

  /** Whatever was on its way is here when the room service has answered a ping: streams keep order. */
  async #receivesNothingLike(client: XmppClient, stanza: Element): Promise<void> {
    await this.#ping(client);
    const unwanted = client.pending().find((each) => matches(stanza, each, new Map()));
    if (unwanted) throw new Error(`came: ${unwanted.toString()}`);
  }

  /** What each sent was taken by the service, and what it said about that to each has come. */
  async #allIsHere(): Promise<void> {
    for (let round = 0; round < 2; round += 1) {
      await Promise.all([...this.#clients.values()].map((client) => this.#ping(client)));
    }
  }

  async #ping(client: XmppClient): Promise<void> {
    await client.iq(x("iq", { type: "get", to: this.#memory.get("rooms") }, x("ping", { xmlns: NS_PING })));
  }
}

function withoutLayout(element: Element): Element {
  const kept = element.children.filter((child) => typeof child !== "string" || child.trim() !== "");
  element.children = kept.map((child) => (typeof child === "object" ? withoutLayout(child) : child));
  return element;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
