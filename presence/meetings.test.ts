/** The feed of conferences against a Prosody of its own: when it falls silent, and with people of a partner. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { type Client, xml } from "@xmpp/client";
import type { ServedDoor } from "../components/door.ts";
import { nord, type PresenceWorld, presenceWorld, sued } from "../test/support/presence-servers.ts";
import { silentLog } from "../test/support/real.ts";
import { meetingsPart } from "./meetings-part.ts";
import { until } from "./redis-under-test.ts";
import { presenceReader } from "./store.ts";

jest.setTimeout(60_000);

const timing = { ask: 300, answer: 1_000, dead: 2_000 };
let world: PresenceWorld;
let served: ServedDoor;
const said: string[] = [];
const log: typeof silentLog = { ...silentLog, warn: (text) => void said.push(text), with: () => log };

beforeAll(async () => {
  world = await presenceWorld();
  served = world.openDoor({ parts: [meetingsPart({ redis: world.redis, timing })] }, log);
});
afterEach(() => world.signOffAll());
afterAll(async () => {
  await served.close();
  await world.close();
});

async function join(jid: string, nick: string): Promise<Client> {
  const client = await world.signIn(jid, "desk");
  await client.send(xml("presence"));
  const muc = xml("x", { xmlns: "http://jabber.org/protocol/muc" });
  await client.send(xml("presence", { to: `planung@conference.${nord}/${nick}` }, muc));
  return client;
}
const inMeeting = async () => {
  const { since, people } = await presenceReader(world.redis).read("nord", ["anna", "bert"]);
  const found = [...people].filter(([, { meetingSince }]) => meetingSince !== null).map(([name]) => name);
  return since === undefined ? ["unknown"] : found.sort();
};
const meets = (...names: string[]) =>
  until(
    () => inMeeting().catch(() => ["away"]),
    (found) => JSON.stringify(found) === JSON.stringify(names),
  );

test("a feed that falls silent clears all, and is told of once; when it speaks again all is back", async () => {
  await join(`anna@${nord}`, "Anna");
  await join(`bert@${nord}`, "Bert");
  await meets("anna", "bert");
  const host = JSON.stringify(`conference.${nord}`);
  const modules = `require"core.modulemanager"`;
  await world.shell(`> ${modules}.unload(${host}, "kontor_conferences")`);
  await meets();
  expect(said.filter((line) => line.includes("does not tell who is in conferences"))).toHaveLength(1);
  expect(said.filter((line) => line.includes("nobody is shown in a meeting any more"))).toHaveLength(1);
  await world.shell(`> ${modules}.load(${host}, "kontor_conferences")`);
  await meets("anna", "bert");
});

test("somebody of a partner makes it a meeting, and is not taken for his namesake here", async () => {
  await join(`anna@${nord}`, "Anna");
  await meets();
  const foreign = await join(`bert@${sued}`, "Bert");
  await meets("anna");
  await world.signOff(foreign);
  await meets();
});
