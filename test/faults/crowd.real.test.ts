/** Crowds: all come at once while people talk, and all are gone at once when the server restarts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "@jest/globals";
import { signIn } from "../../cli/client/xmpp-client.ts";
import { makePassword } from "../../cli/stack/secrets.ts";
import { serviceUser } from "../../cli/stack/service-user.ts";
import { attr, x } from "../../components/stanza.ts";
import { mucJoin } from "../../components/xep/xep-0045-muc.ts";
import { writeAccounts } from "../bench/rooms/accounts.ts";
import type { Account } from "../bench/rooms/connection.ts";
import { type LoadProcess, startLoad } from "../bench/rooms/load-process.ts";
import { auditRoom, openRoom, type RoomCase } from "./room-case.ts";
import { openWorld, placeOf, type World } from "./world.ts";

/** More for a long look, such as 2000. */
const OCCUPANTS = Number(process.env.TEST_OCCUPANTS ?? 400);
/** Fewer than let a room keep quiet: everybody is told of everybody. */
const GHOSTS = 190;
/** Written for each of them, at most: some stanzas, and never one to each of the others. */
const MOST_BYTES = 10_000;
const CAST = { tenant: 0, people: 2, texts: 100, paceMs: 20 } as const;

let world: World;
let people: Account[];
let load: LoadProcess | undefined;
let room: RoomCase | undefined;

beforeAll(async () => {
  world = await openWorld();
  const data = join(world.stack.home.folder, "prosody", "data");
  const users = Array.from({ length: OCCUPANTS }, (_, index) => `crowd-${index}`);
  const owner = serviceUser(() => undefined);
  people = writeAccounts(data, domain(), { users, password: makePassword() }, owner);
}, 120_000);
afterEach(async () => {
  load?.stop();
  await room?.close();
}, 30_000);
afterAll(() => world?.close(), 60_000);

const domain = () => world.stack.demo.tenants[CAST.tenant]?.domain ?? "";

/** The first so many have signed in. */
async function crowdOf(size: number): Promise<LoadProcess> {
  const { host, port } = world.stack.demo.xmpp;
  load?.stop();
  load = startLoad();
  await load.ask({ do: "connect", host, port, domain: domain(), people: people.slice(0, size) });
  return load;
}

const enterAtOnce = (at: string) => ({ do: "enter", room: at, window: OCCUPANTS, withinMs: 120_000 }) as const;

it(`${OCCUPANTS} come at once into a room where people talk: everybody gets in, no message is lost`, async () => {
  const crowd = await crowdOf(OCCUPANTS);
  room = await openRoom(world, `storm-${Date.now().toString(36)}`, CAST);
  const talk = Promise.all(room.talkers.map((talker) => talker.talk()));
  await room.untilReflected(20);
  const { entered = [] } = await crowd.ask(enterAtOnce(room.room));
  expect(entered).toHaveLength(OCCUPANTS);
  await talk;
  const figures = await auditRoom(world, CAST.tenant, room);
  expect([figures.reflected, figures.storedUnseen, figures.lost]).toEqual([CAST.people * CAST.texts, 0, 0]);
  expect([...room.refusals]).toEqual([]);
  const { outcome } = await crowd.ask({ do: "flood", room: room.room, label: "all", messages: 10, window: 5 });
  expect(outcome?.copies).toBe(10 * OCCUPANTS);
}, 240_000);

/** What the process that has the rooms has written so far, to the server and elsewhere (bytes). */
function written(): number {
  const counters = readFileSync(`/proc/${world.stack.pid("components")}/io`, "utf8");
  return Number(/^wchar: (\d+)$/m.exec(counters)?.[1]);
}

/** Enters, and resolves when nobody but these is inside by what the room tells. */
async function untilOnly(at: string, nicks: readonly string[]): Promise<void> {
  const watcher = await signIn(placeOf(world, CAST.tenant, 3));
  try {
    const inside = new Set<string>();
    let joined = false;
    await watcher.send(x("presence", { to: `${at}/watcher` }, mucJoin.write({ history: { maxstanzas: 0 } })));
    await watcher.next(
      (stanza) => {
        const [room, nick = ""] = (attr(stanza, "from") ?? "").split("/");
        if (room !== at) return false;
        if (stanza.name === "presence" && attr(stanza, "type") === "unavailable") inside.delete(nick);
        else if (stanza.name === "presence") inside.add(nick);
        joined ||= stanza.getChild("subject") !== undefined;
        return joined && [...inside].every((each) => nicks.includes(each));
      },
      "the leave of all who are gone",
      60_000,
    );
  } finally {
    await watcher.stop();
  }
}

it(`the server restarts with ${GHOSTS} in a room: who is gone is taken out, who comes back is in, and no storm`, async () => {
  const crowd = await crowdOf(GHOSTS);
  room = await openRoom(world, `ghosts-${Date.now().toString(36)}`, { ...CAST, texts: 20 });
  const { entered = [] } = await crowd.ask(enterAtOnce(room.room));
  expect(entered).toHaveLength(GHOSTS);
  const before = written();
  await world.stack.kill("prosody", "SIGKILL");
  crowd.stop();
  await world.stack.whenUp("prosody");
  const inside = room.talkers.map(({ nick }) => nick).concat("listener");
  for (const talker of [...room.talkers, room.listener]) await talker.untilInside();
  const at = room.room;
  await untilOnly(at, [...inside, "watcher"]);
  const bytes = written() - before;
  console.info(`${GHOSTS} ghosts taken out: ${Math.round(bytes / 1024)} KiB written`);
  // A ping, an empty message, and what those inside are told of each.
  expect(bytes).toBeLessThan(GHOSTS * MOST_BYTES);
  await Promise.all(room.talkers.map((talker) => talker.talk()));
  const back = await crowdOf(GHOSTS / 2);
  expect((await back.ask(enterAtOnce(at))).entered).toHaveLength(GHOSTS / 2);
}, 240_000);
