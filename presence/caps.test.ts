/** What kind of device somebody has, asked of real clients on a real server; and clients that want to make it costly. */
import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { type Client, xml } from "@xmpp/client";
import type { ServedDoor } from "../components/door.ts";
import type { Element } from "../components/stanza.ts";
import { available, nord, type PresenceWorld, presenceWorld } from "../test/support/presence-servers.ts";
import { until } from "./redis-under-test.ts";
import { presenceReader } from "./store.ts";

jest.setTimeout(60_000);

const NS_INFO = "http://jabber.org/protocol/disco#info";
let world: PresenceWorld;
let served: ServedDoor;
let count = 0;

const kinds = async (...names: string[]) => {
  const { people } = await presenceReader(world.redis).read("nord", names);
  return names.map(
    (name) =>
      people
        .get(name)
        ?.devices.map((each) => each.kind ?? "?")
        .join() ?? "away",
  );
};
const become = (names: string[], expected: string[]) =>
  until(
    () => kinds(...names).catch(() => []),
    (found) => found.join(" ") === expected.join(" "),
  );

/** A client of this kind, with features of its own: what it says of itself, and what it answers. */
function software(type: string, feature = `urn:test:${count++}`, promised = { type, feature }) {
  const ver = createHash("sha1").update(`client/${promised.type}//<${promised.feature}<`).digest("base64");
  const caps = xml("c", { xmlns: "http://jabber.org/protocol/caps", hash: "sha-1", node: "https://c.example", ver });
  const answer = xml(
    "query",
    { xmlns: NS_INFO, node: `https://c.example#${ver}` },
    xml("identity", { category: "client", type }),
    xml("feature", { var: feature }),
  );
  return { caps, answer };
}

interface Questions {
  /** Those of the component. */
  readonly list: string[];
}

function answering(who: Client, answer?: ReturnType<typeof software>["answer"]): Questions {
  const questions: Questions = { list: [] };
  who.iqCallee.get(NS_INFO, "query", ({ stanza, element }: { stanza: Element; element: Element }) => {
    if (stanza.attrs.from !== `presence.${nord}`) return undefined;
    questions.list.push(String(element.attrs.node));
    // Undefined is an error of the library's; one that never answers is a promise that stays open.
    return answer ?? new Promise(() => undefined);
  });
  return questions;
}

beforeAll(async () => {
  world = await presenceWorld(["anna", "bert", "carl", "dora"]);
});

beforeEach(async () => {
  served = world.openDoor();
  await until(
    () =>
      presenceReader(world.redis)
        .read("nord", [])
        .catch(() => undefined),
    (view) => view?.since !== undefined,
  );
});

afterEach(async () => {
  await world.signOffAll();
  await served.close();
});

afterAll(() => world.close());

test("one of several with the same software is asked; all are shown by it, also after a restart without a question", async () => {
  const phone = software("phone");
  const names = ["anna", "bert", "carl"];
  const asked: Questions[] = [];
  for (const name of names) {
    const who = await world.signIn(`${name}@${nord}`, "r");
    asked.push(answering(who, phone.answer));
    await available(who, {}, phone.caps);
  }
  await become(names, ["phone", "phone", "phone"]);
  const questions = () => asked.flatMap(({ list }) => list);
  expect(questions()).toHaveLength(1);
  await served.close();
  served = world.openDoor();
  await become(names, ["phone", "phone", "phone"]);
  const web = software("web");
  const dora = await world.signIn(`dora@${nord}`, "r");
  answering(dora, web.answer);
  await available(dora, {}, web.caps);
  // Those before would have been asked by now.
  await become(["dora"], ["web"]);
  expect(questions()).toHaveLength(1);
});

test("who answers something else than was promised is believed nothing, and the next one is asked", async () => {
  const promised = { type: "pc", feature: "urn:test:honest" };
  const liar = software("phone", "urn:test:lie", promised);
  const honest = software("pc", promised.feature);
  const anna = await world.signIn(`anna@${nord}`, "r");
  const lies = answering(anna, liar.answer);
  await available(anna, {}, liar.caps);
  await until(
    () => lies.list.length,
    (asked) => asked === 1,
  );
  const bert = await world.signIn(`bert@${nord}`, "r");
  answering(bert, honest.answer);
  await available(bert, {}, honest.caps);
  await become(["anna", "bert"], ["pc", "pc"]);
});

test("ever new hashes, huge answers and none: three questions, and others are served meanwhile", async () => {
  const anna = await world.signIn(`anna@${nord}`, "new");
  const bert = await world.signIn(`bert@${nord}`, "huge");
  const carl = await world.signIn(`carl@${nord}`, "silent");
  const many = xml(
    "query",
    { xmlns: NS_INFO },
    ...Array.from({ length: 2_000 }, (_, n) => xml("feature", { var: `f${n}` })),
  );
  const asked = [answering(anna, software("pc").answer), answering(bert, many), answering(carl)];
  for (let index = 0; index < 40; index += 1) {
    for (const who of [anna, bert, carl]) await available(who, {}, software("pc").caps);
  }
  const good = software("console");
  const dora = await world.signIn(`dora@${nord}`, "r");
  answering(dora, good.answer);
  await available(dora, {}, good.caps);
  await become(["anna", "bert", "carl", "dora"], ["?", "?", "?", "console"]);
  for (const { list } of asked) expect(list.length).toBeLessThanOrEqual(3);
  // What waited behind the good one has had its turn when a further question of Dora's was put.
  const last = software("bot");
  await available(dora, {}, last.caps);
  await until(
    () => kinds("dora"),
    ([kind]) => kind === "?",
  );
  for (const { list } of asked) expect(list.length).toBeLessThanOrEqual(3);
});
