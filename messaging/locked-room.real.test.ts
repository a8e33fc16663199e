/** XEP-0045 10.1 on the running service: a room that waits for its owner's configuration. */
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, type Element, x } from "../components/stanza.ts";
import { NS_MUC, NS_MUC_OWNER, NS_MUC_USER } from "../components/xep/xep-0045-muc.ts";
import { quotas } from "../config/sections/quotas.ts";
import { localActor } from "../identity/index.ts";
import { newId } from "../platform/ids.ts";
import { type OwnTenant, ownTenant } from "../test/support/own-tenant.ts";
import { openTestDatabase } from "../test/support/real.ts";
import { defaultConfig } from "./core-config.ts";
import { createRoom, findRoom } from "./store.ts";

const db = openTestDatabase();
let tenant: OwnTenant;
let ada: XmppClient;
let ben: XmppClient;
let name: string;
let room: string;

beforeAll(async () => {
  tenant = await ownTenant("locked");
  [ada, ben] = [await tenant.person("ada"), await tenant.person("ben")];
}, 60_000);
afterAll(async () => {
  await tenant.close();
  await db.close();
});

beforeEach(async () => {
  name = `neu-${newId()}`;
  room = `${name}@rooms.${tenant.domain}`;
  const made = { id: newId(), name, config: defaultConfig(name), owner: `ada@${tenant.domain}`, locked: true };
  const making = { now: new Date(), newId, defaults: quotas.parse({}), actor: () => localActor("job:test") };
  expect(await createRoom(db, tenant.id, made, making)).toBe(true);
  await ada.send(join("Ada"));
  await ada.next((each) => each.getChild("subject") !== undefined, "the subject");
});

const join = (nick: string): Element => x("presence", { to: `${room}/${nick}` }, x("x", { xmlns: NS_MUC }));
const form = (type: "submit" | "cancel"): Element =>
  x("iq", { type: "set", to: room }, x("query", { xmlns: NS_MUC_OWNER }, x("x", { xmlns: "jabber:x:data", type })));

/** What Ben is told when he tries to enter. */
async function tryIn(): Promise<string> {
  await ben.send(join("Ben"));
  const answer = await ben.next((each) => attr(each, "from") === `${room}/Ben`, "the answer to a join");
  const condition = answer.getChild("error")?.children.find((child) => typeof child === "object");
  return condition?.name ?? "in";
}

test("is not there for others until the owner takes the default configuration (an instant room)", async () => {
  expect(await tryIn()).toBe("item-not-found");
  await ada.iq(form("submit"));
  expect(await tryIn()).toBe("in");
});

test("is no more when the owner cancels the configuration", async () => {
  await ada.iq(form("cancel"));
  expect(await findRoom(db, tenant.id, name)).toBeUndefined();
});

test("is no more when the owner leaves it, who is told so", async () => {
  await ada.send(x("presence", { to: `${room}/Ada`, type: "unavailable" }));
  const gone = await ada.next((each) => attr(each, "type") === "unavailable", "the goodbye");
  expect(gone.getChild("x", NS_MUC_USER)?.getChild("destroy")).toBeDefined();
  // The name is free: who comes next makes a room of it.
  expect(await tryIn()).toBe("in");
  expect((await findRoom(db, tenant.id, name))?.name).toBe(name);
});
