/**
 * Every stanza that the dialogues send to rooms, malformed in every way we know: each request is answered, nothing of it
 * is a failure of ours, nobody is cut off, and rooms work as before.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, parseXml, x } from "../../components/stanza.ts";
import { mucJoin } from "../../components/xep/xep-0045-muc.ts";
import { NS_PING } from "../../components/xep/xep-0199-ping.ts";
import { type OwnTenant, ownTenant } from "../support/own-tenant.ts";
import { eventually, realStack } from "../support/real.ts";
import { liftRates } from "../support/room-rates.ts";
import { matches } from "./match.ts";
import { mutantsOf } from "./mutants.ts";
import { readScript, scripts } from "./player.ts";

let tenant: OwnTenant;
let sentInAll = 0;
/** Requests without an answer so far, and what must not be. */
const open = new Map<string, string>();
const failures: string[] = [];
const OURS = ["internal-server-error", "undefined-condition"];
/** Those whose mutants were sent. */
const seen = new Set<string>();
const people = new Map<string, XmppClient>();

beforeAll(async () => {
  tenant = await ownTenant("mutants");
  // What is sent as fast as the machine can shall get to where it is read.
  await liftRates(realStack().settings, tenant.id);
}, 60_000);
afterAll(async () => {
  await tenant?.close();
  console.info(`${sentInAll} malformed stanzas`);
}, 60_000);

const rooms = () => `rooms.${tenant.domain}`;

/** Whoever plays a person of any dialogue, signed in once for all of them. */
async function personOf(name: string): Promise<XmppClient> {
  const known = people.get(name);
  if (known) return known;
  const client = await tenant.person(name);
  people.set(name, client);
  client.onStanza((stanza) => {
    const id = attr(stanza, "id") ?? "";
    if (stanza.name === "iq") open.delete(id);
    if (OURS.includes(conditionOf(stanza))) failures.push(`${id}: ${stanza.toString()}`);
  });
  client.onClose(() => void failures.push(`${name} was cut off`));
  return client;
}

/** All that was sent before was taken and answered: streams keep order. */
const settled = (client: XmppClient) =>
  client.iq(x("iq", { type: "get", to: rooms() }, x("ping", { xmlns: NS_PING })), 60_000);

const conditionOf = (stanza: Element): string => {
  const error = attr(stanza, "type") === "error" ? stanza.getChild("error") : undefined;
  return (error && childElements(error)[0]?.name) ?? "";
};
const isRequest = (stanza: Element) => stanza.name === "iq" && ["get", "set"].includes(attr(stanza, "type") ?? "");

describe.each(scripts.filter((file) => [...readScript(file).people.values()].every((each) => each.tenant === 0)))(
  "%s",
  (file) => {
    test("malformed in every way", async () => {
      const script = readScript(file);
      const room = `${file.replace(/\.txt$/, "")}@${rooms()}`;
      const memory = new Map<string, string>();
      memory.set("room", room).set("rooms", rooms()).set("domain", tenant.domain);
      open.clear();
      failures.length = 0;
      const entries = new Map<string, Element>();
      for (const name of script.people.keys()) {
        const client = await personOf(name);
        memory.set(name, client.jid).set(`${name}.bare`, client.jid.split("/")[0] ?? "");
      }
      for (const { person, action, xml } of script.steps) {
        if (action === "connects" || action === "disconnects") continue;
        const client = await personOf(person);
        const text = xml.replaceAll(/\{([\w.]+)\}/g, (whole, name: string) => memory.get(name) ?? whole);
        const stanza = parseXml(text.replaceAll(/>\s+</g, "><").trim());
        if (action === "receives") {
          await settled(client);
          client.pending().find((each) => matches(stanza, each, memory));
        }
        if (action !== "sends") continue;
        const [bare, nick] = (attr(stanza, "to") ?? "").split("/");
        if (!bare?.endsWith(rooms())) continue;
        if (stanza.name === "presence" && stanza.getChild("x") && nick) entries.set(person, stanza);
        // Whom an earlier one took out comes back.
        for (const [name, entry] of entries) await people.get(name)?.send(entry);
        // The same of another dialogue says nothing new.
        const template = xml.replace(/ id="[^"]*"/, "").replace(/(<body>|nick="|\/)[^<">]*/g, "$1");
        if (seen.has(template)) {
          await client.send(stanza);
          continue;
        }
        seen.add(template);
        for (const mutant of mutantsOf(stanza)) {
          sentInAll += 1;
          const id = `m${sentInAll}`;
          mutant.stanza.attrs.id = id;
          if (isRequest(mutant.stanza)) open.set(id, `${person}: ${mutant.what} of ${text}`);
          await client.send(mutant.stanza);
        }
        await settled(client);
        await client.send(stanza);
      }
      // What is stored is answered after what is not.
      const answered = async () => (open.size === 0 ? true : undefined);
      await eventually(answered, "all answers", 60_000).catch(() => undefined);
      expect({ failures, unanswered: [...open.values()] }).toEqual({ failures: [], unanswered: [] });

      // Rooms live: a new one is made, and what is said in it comes.
      const [first] = script.people.keys();
      const client = await personOf(first ?? "");
      await client.send(x("presence", { to: `after-${room}/Erste` }, mucJoin.write({})));
      await client.next(
        (each) => attr(each, "from") === `after-${room}` && !!each.getChild("subject"),
        "the join",
        20_000,
      );
      await client.send(
        x("message", { to: `after-${room}`, type: "groupchat", id: "after" }, x("body", {}, "Alle da?")),
      );
      const heard = (each: Element) => attr(each, "from") === `after-${room}/Erste` && attr(each, "id") === "after";
      expect(conditionOf(await client.next(heard, "the message", 20_000))).toBe("");
    }, 120_000);
  },
);
