/** Whom a viewer is a contact of, asked through the door at a real server. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { type Client, xml } from "@xmpp/client";
import type { ServedDoor } from "../components/door.ts";
import { openPatientRedis } from "../platform/redis.ts";
import { available, nord, type PresenceWorld, presenceWorld, sued } from "../test/support/presence-servers.ts";
import { silentLog } from "../test/support/real.ts";
import { type Contacts, contactsKey, openContacts } from "./contacts.ts";
import { type ContactsService, contactsService } from "./contacts-part.ts";
import { until } from "./redis-under-test.ts";
import { presenceReader } from "./store.ts";

jest.setTimeout(60_000);

let world: PresenceWorld;
let patient: ReturnType<typeof openPatientRedis>;
let service: ContactsService;
let served: ServedDoor;
let contacts: Contacts;
const changed: string[] = [];

const of = async (localpart: string) => [...(await contacts.of("nord", localpart))].sort();
const becomes = (localpart: string, expected: readonly string[]) =>
  until(
    () => of(localpart).catch(() => undefined),
    (found) => JSON.stringify(found) === JSON.stringify(expected),
  );

async function online(jid: string): Promise<Client> {
  const who = await world.signIn(jid, "phone");
  await who.iqCaller.request(xml("iq", { type: "get" }, xml("query", { xmlns: "jabber:iq:roster" })));
  await available(who);
  return who;
}
const says = (who: Client, type: string, to: string) => who.send(xml("presence", { type, to }));

/** `who` gets the presence of `whom`. */
async function befriend(who: Client, whom: Client): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    whom.on("stanza", (stanza) => stanza.attrs.type === "subscribe" && resolve());
  });
  await says(who, "subscribe", `${whom.jid?.bare()}`);
  await asked;
  await says(whom, "subscribed", `${who.jid?.bare()}`);
}

const heard = () =>
  until(
    () =>
      presenceReader(world.redis)
        .read("nord", [])
        .catch(() => undefined),
    (view) => view?.since !== undefined,
  );

beforeAll(async () => {
  world = await presenceWorld(["anna", "bert", "carl", "dora"]);
  patient = openPatientRedis(world.redisServer.url, silentLog);
  contacts = await openContacts(patient, silentLog, (_tenant, localpart) => changed.push(localpart));
  service = await contactsService(world.redis, patient, silentLog);
});

beforeEach(async () => {
  served = world.openDoor({ parts: [service.part] });
  await heard();
});

afterEach(async () => {
  await world.signOffAll();
  await served.close();
});

afterAll(async () => {
  await Promise.all([contacts.close(), service.close()]);
  patient.disconnect();
  await world.close();
});

test("nobody has approved anything: no contacts", async () => {
  expect(await of("anna")).toEqual([]);
});

test("approved by one of the tenant and one of a partner, then withdrawn; the other side is no contact by that", async () => {
  const anna = await online(`anna@${nord}`);
  const bert = await online(`bert@${nord}`);
  const stranger = await online(`carl@${sued}`);
  await says(anna, "subscribe", `carl@${nord}`);
  await befriend(anna, bert);
  await befriend(anna, stranger);
  await becomes("anna", [`bert@${nord}`, `carl@${sued}`]);
  expect(await of("bert")).toEqual([]);
  await says(bert, "unsubscribed", `anna@${nord}`);
  await becomes("anna", [`carl@${sued}`]);
  await anna.iqCaller.request(
    xml(
      "iq",
      { type: "set" },
      xml("query", { xmlns: "jabber:iq:roster" }, xml("item", { jid: `carl@${sued}`, subscription: "remove" })),
    ),
  );
  await becomes("anna", []);
  expect(new Set(changed)).toEqual(new Set(["anna", "bert", "carl"]));
});

test("many who ask at once are one question; the answer is kept, and not for long", async () => {
  const asked: string[] = [];
  const listener = patient.duplicate();
  await listener.subscribe("kontor:presence:contacts-asked");
  listener.on("message", (_channel, text) => asked.push(text));
  await Promise.all(Array.from({ length: 50 }, () => of("bert")));
  await of("bert");
  await of("carl");
  await until(
    () => asked,
    (all) => all.some((each) => each.includes("carl")),
  );
  listener.disconnect();
  expect(asked.filter((each) => each.includes("bert")).length).toBeLessThanOrEqual(1);
  const left = await world.redis.pttl(contactsKey("nord", "bert"));
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(60_000);
});

test("the server does not answer: no contacts, until it does", async () => {
  const anna = await online(`anna@${nord}`);
  const bert = await online(`bert@${nord}`);
  await befriend(bert, anna);
  await becomes("bert", [`anna@${nord}`]);
  await served.close();
  await world.redis.flushall();
  expect(await of("bert")).toEqual([]);
  served = world.openDoor({ parts: [service.part] });
  await becomes("bert", [`anna@${nord}`]);
});

test("a large roster comes by pages", async () => {
  const many = Array.from({ length: 2_100 }, (_, index) => `p${String(index).padStart(4, "0")}@${nord}`);
  world.storeRoster(nord, "dora", many);
  await becomes("dora", many);
});

test("only the component may ask", async () => {
  const anna = await world.signIn(`anna@${nord}`, "phone");
  for (const [name, attrs] of [
    ["contacts", { local: "bert" }],
    ["sessions", {}],
  ] as const) {
    const asked = anna.iqCaller.request(
      xml("iq", { type: "get", to: nord }, xml(name, { xmlns: "urn:kontor:presence:1", ...attrs })),
    );
    await expect(asked).rejects.toThrow("forbidden");
  }
});
