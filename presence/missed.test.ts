/** What gets lost on the way is made up for, with real clients on a real server. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { xml } from "@xmpp/client";
import type { ServedDoor } from "../components/door.ts";
import { available, nord, type PresenceWorld, presenceWorld } from "../test/support/presence-servers.ts";
import { until } from "./redis-under-test.ts";
import { presenceReader } from "./store.ts";

jest.setTimeout(60_000);

const timing = { grant: 3_000, answer: 3_000, check: 500, compare: 300, page: 5 };
let world: PresenceWorld;
let served: ServedDoor;

const view = async (...names: string[]) => {
  const { since, people } = await presenceReader(world.redis).read("nord", names);
  const shown = [...people].map(([name, { devices }]) =>
    [name, ...devices.map(({ resource, show, status }) => [resource, show, status].filter(Boolean).join(" "))].join(
      ": ",
    ),
  );
  return since === undefined ? ["unknown"] : shown;
};
const seen = (...expected: string[]) =>
  until(
    () => view("anna", "bert", "carl").catch(() => []),
    (found) => JSON.stringify(found) === JSON.stringify(expected),
  );
/** The server has handled what the client sent before. */
const handled = (who: Awaited<ReturnType<PresenceWorld["signIn"]>>) =>
  who.iqCaller.request(xml("iq", { type: "get", to: nord }, xml("ping", { xmlns: "urn:xmpp:ping" })));

beforeAll(async () => {
  world = await presenceWorld(["anna", "bert", "carl"]);
});

beforeEach(async () => {
  served = world.openDoor({ timing });
  await seen();
});

afterEach(async () => {
  world.cable.losePresence(false);
  await world.signOffAll();
  await served.close();
});

afterAll(() => world.close());

test("somebody came, somebody went and somebody is busy, and none of it was heard", async () => {
  const anna = await world.signIn(`anna@${nord}`, "phone");
  const bert = await world.signIn(`bert@${nord}`, "desk");
  await available(anna);
  await available(bert);
  await seen("anna: phone online", "bert: desk online");
  world.cable.losePresence(true);
  const carl = await world.signIn(`carl@${nord}`, "phone");
  await available(carl, { status: "Here" });
  await available(anna, { show: "dnd" });
  await Promise.all([handled(carl), handled(anna)]);
  await world.signOff(bert);
  await seen("anna: phone dnd", "carl: phone online Here");
});

test("a status that is too long to be told is left as it was heard", async () => {
  const anna = await world.signIn(`anna@${nord}`, "phone");
  const status = "ä".repeat(4_000);
  await available(anna, { status });
  await seen(`anna: phone online ${"ä".repeat(255)}…`);
  const bert = await world.signIn(`bert@${nord}`, "desk");
  world.cable.losePresence(true);
  await available(bert);
  // Bert is found by a comparison that saw Anna, too.
  await seen(`anna: phone online ${"ä".repeat(255)}…`, "bert: desk online");
});

test("a hundred devices of one person: as many as are kept, and no more after each comparison", async () => {
  for (let index = 0; index < 100; index += 1) {
    const device = await world.signInRaw(`anna@${nord}`, `r${String(index).padStart(2, "0")}`);
    device.write(`<presence><priority>${index % 3}</priority></presence>`);
  }
  const count = async () => (await presenceReader(world.redis).read("nord", ["anna"])).people.get("anna")?.devices;
  // Those heard of last, as soon as the flood is written.
  const before = await until(count, (found) => found?.every(({ resource }) => resource >= "r84") === true);
  expect(before).toHaveLength(16);
  const bert = await world.signIn(`bert@${nord}`, "desk");
  world.cable.losePresence(true);
  await available(bert);
  await until(
    () => view("bert"),
    (found) => found.length === 1,
  );
  expect(await count()).toEqual(before);
});
