/** XEP-0133 4.23: what the administration of a tenant announces is said in all of its rooms, and in no other. */
import { afterEach, expect, test } from "@jest/globals";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../components/stanza.ts";
import { dataForm } from "../components/xep/xep-0004-data-forms.ts";
import { mucJoin } from "../components/xep/xep-0045-muc.ts";
import { NS_COMMANDS } from "../components/xep/xep-0050-commands.ts";
import { NS_ADMIN } from "../components/xep/xep-0133-service-administration.ts";
import { archiveQuery } from "../components/xep/xep-0313-archive.ts";
import { addPeople } from "../identity/index.ts";
import { newId } from "../platform/ids.ts";
import { type OwnTenant, ownTenant } from "../test/support/own-tenant.ts";
import { openTestDatabase } from "../test/support/real.ts";

let tenants: OwnTenant[] = [];
afterEach(async () => {
  for (const tenant of tenants) await tenant.close();
  tenants = [];
});

async function newTenant(): Promise<OwnTenant> {
  const tenant = await ownTenant("announce");
  tenants.push(tenant);
  return tenant;
}

async function enter(client: XmppClient, room: string, nick: string): Promise<void> {
  await client.send(x("presence", { to: `${room}/${nick}` }, mucJoin.write({})));
  await client.next((each) => each.getChild("subject") !== undefined, "the subject");
}

/** One step of the command; gives the answer. */
function step(client: XmppClient, to: string, attrs: Record<string, string> = {}, text?: string): Promise<Element> {
  const values = text?.split("\n");
  const form = values && dataForm.write({ type: "submit", fields: [{ var: "announcement", values }] });
  return client.iq(
    x("iq", { type: "set", to }, x("command", { xmlns: NS_COMMANDS, node: `${NS_ADMIN}#announce`, ...attrs }, form)),
  );
}

/** The texts in the archive of a room, with who said them. */
async function archived(client: XmppClient, room: string): Promise<string[]> {
  const before = client.pending().length;
  expect(attr(await client.iq(x("iq", { type: "set", to: room }, archiveQuery.write({}))), "type")).toBe("result");
  return client
    .pending()
    .slice(before)
    .flatMap((stanza) => {
      const message = stanza.getChild("result")?.getChild("forwarded")?.getChild("message");
      const body = message?.getChildText("body");
      return message && body ? [`${attr(message, "from")}: ${body}`] : [];
    });
}

test("an announcement is said and archived in each room of the tenant, by the room itself; nobody else may make one", async () => {
  const [tenant, other] = [await newTenant(), await newTenant()];
  const [ina, ben] = [await tenant.person("ina"), await tenant.person("ben")];
  const elsewhere = await other.person("eve");
  const db = openTestDatabase();
  const roles = ["tenant-administrator"] as const;
  await addPeople(db, tenant.id, [{ localpart: "ina", name: "Ina", roles }], newId, new Date());
  await db.close();

  const domain = `rooms.${tenant.domain}`;
  const [empty, full] = [`leer@${domain}`, `voll@${domain}`];
  await enter(ben, empty, "Ben");
  await ben.send(x("presence", { to: `${empty}/Ben`, type: "unavailable" }));
  await enter(ben, full, "Ben");
  const foreign = `voll@rooms.${other.domain}`;
  await enter(elsewhere, foreign, "Eve");

  const refused = (await step(ben, domain)).getChild("error");
  expect(refused && childElements(refused)[0]?.name).toBe("forbidden");
  const asked = (await step(ina, domain)).getChild("command");
  const text = "Heute um 19 Uhr Wartung.\nBitte speichern.";
  const sessionid = String(asked?.attrs.sessionid);
  const done = (await step(ina, domain, { sessionid, action: "complete" }, text)).getChild("command");
  expect([done?.attrs.status, done?.getChildText("note")]).toEqual(["completed", expect.stringContaining("2")]);

  const heard = await ben.next((each) => each.getChildText("body") === text, "the announcement");
  expect([attr(heard, "from"), attr(heard, "type")]).toEqual([full, "groupchat"]);
  for (const room of [empty, full]) expect(await archived(ben, room)).toEqual([`${room}: ${text}`]);
  expect(await archived(elsewhere, foreign)).toEqual([]);
});
