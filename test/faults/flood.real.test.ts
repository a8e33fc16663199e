/** One client writes without end: it is told, the others talk as before, and nothing piles up. */
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../../components/stanza.ts";
import { mucJoin } from "../../components/xep/xep-0045-muc.ts";
import { residentBytes } from "../bench/memory.ts";
import { readRows } from "./archive.ts";
import { openRoom, type RoomCase } from "./room-case.ts";
import { openWorld, placeOf, type World } from "./world.ts";

/** Within what the rules give each person in ten seconds. */
const CAST = { tenant: 0, people: 2, texts: 120, paceMs: 20 } as const;
const FLOOD = 5_000;
/** The server reads one megabit a second of one client. */
const TEXT = "ä".repeat(100);
/** What a process may take more for a second flood: it has all its caches after the first one. */
const MOST_GROWTH = 32 * 1_048_576;

let world: World;
let room: RoomCase | undefined;

beforeAll(async () => {
  world = await openWorld();
}, 120_000);
afterAll(async () => {
  await room?.close();
  await world?.close();
}, 60_000);

/** Writes them all at once; gives how many came back and with what, when each was answered. */
async function flood(client: XmppClient, to: string, prefix: string, stanza: (id: string) => Element) {
  const answers = new Map<string, string>();
  const all = new Promise<void>((resolve) => {
    client.onStanza((each) => {
      const id = attr(each, "id") ?? "";
      if (!id.startsWith(prefix) || !attr(each, "from")?.startsWith(to)) return;
      const error = each.getChild("error");
      answers.set(id, error ? `${attr(error, "type")} ${childElements(error)[0]?.name}` : "taken");
      if (answers.size === FLOOD) resolve();
    });
  });
  for (let from = 0; from < FLOOD; from += 500) {
    const texts = Array.from({ length: 500 }, (_, index) => stanza(`${prefix}${from + index}`).toString());
    await client.write(texts.join(""));
  }
  await all;
  const counts = new Map<string, number>();
  for (const answer of answers.values()) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return counts;
}

it("each of its messages is answered, most are refused, and what the others say comes and is kept", async () => {
  const talking = await openRoom(world, `flood-${Date.now().toString(36)}`, CAST);
  room = talking;
  const client = await signIn(placeOf(world, CAST.tenant, 4));
  await client.send(x("presence", { to: `${talking.room}/Flut` }, mucJoin.write({})));
  await client.next((stanza) => stanza.getChild("subject") !== undefined, "the end of the join");
  const resident = () => residentBytes(world.stack.pid("components") ?? Number.NaN);
  const talk = Promise.all(talking.talkers.map((talker) => talker.talk()));
  await talking.untilReflected(20);

  const message = (id: string) => x("message", { to: talking.room, type: "groupchat", id }, x("body", {}, TEXT));
  const first = await flood(client, talking.room, "eins-", message);
  const before = resident();
  const second = await flood(client, talking.room, "zwei-", message);
  const grown = resident() - before;
  await talk;
  console.info(
    `refused ${[first, second].map((each) => each.get("wait resource-constraint"))} of ${FLOOD} each; ${Math.round(grown / 1_048_576)} MiB more`,
  );

  let taken = 0;
  for (const counts of [first, second]) {
    expect([...counts.keys()].sort()).toEqual(["taken", "wait resource-constraint"]);
    taken += counts.get("taken") ?? 0;
  }
  expect(taken).toBeLessThan(FLOOD);
  expect(grown).toBeLessThan(MOST_GROWTH);
  await client.stop();

  // Nobody was refused for another's flood. The log has what was taken and nothing else, as everybody saw it.
  expect([...talking.refusals]).toEqual([]);
  expect(talking.talkers.map(({ ledger }) => ledger.count("reflected"))).toEqual([CAST.texts, CAST.texts]);
  const { rows } = await readRows(world.db, world.stack.demo.tenants[0]?.id ?? "", talking.room.split("@")[0] ?? "");
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_row, index) => index + 1));
  expect(rows.filter(({ id }) => /^(eins|zwei)-/.test(id))).toHaveLength(taken);
  expect(rows).toHaveLength(taken + CAST.people * CAST.texts);
  expect(talking.listener.seen).toEqual(rows.map(({ id }) => id));
}, 240_000);
