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
import { auditRoom, openRoom, type RoomCase } from "../faults/room-case.ts";
import { openWorld, placeOf, type World } from "../faults/world.ts";

/** Fewer for a quick look, such as 400. */
const OCCUPANTS = Number(process.env.TEST_OCCUPANTS ?? 2_000);
/** Few and many, yet fewer than let a room keep quiet: everybody is told of everybody. */
const GHOSTS = { few: 60, many: 180 } as const;
/** Three times as many cost so many times as much at most; if each were told of each, it would be nine times. */
const MOST_TIMES = 3.2;
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

/** The server restarts with so many in a room who stay away; gives what that made the rooms write (bytes). */
async function restartWith(ghosts: number): Promise<number> {
  const crowd = await crowdOf(ghosts);
  const opened = await openRoom(world, `ghosts-${ghosts}-${Date.now().toString(36)}`, { ...CAST, texts: 20 });
  room = opened;
  const { entered = [] } = await crowd.ask(enterAtOnce(opened.room));
  expect(entered).toHaveLength(ghosts);
  const before = written();
  await world.stack.kill("prosody", "SIGKILL");
  crowd.stop();
  await world.stack.whenUp("prosody");
  const inside = opened.talkers.map(({ nick }) => nick).concat("listener");
  for (const talker of [...opened.talkers, opened.listener]) await talker.untilInside();
  await untilOnly(opened.room, [...inside, "watcher"]);
  const bytes = written() - before;
  await Promise.all(opened.talkers.map((talker) => talker.talk()));
  const back = await crowdOf(ghosts / 2);
  expect((await back.ask(enterAtOnce(opened.room))).entered).toHaveLength(ghosts / 2);
  await opened.close();
  return bytes;
}

it("the server restarts with people in a room: who is gone is taken out, who comes back is in, and no storm", async () => {
  // All that the process asks of the server, of PostgreSQL and of Redis is written: a ping, an empty message, what is
  // stored of each, and what those inside are told of each.
  const [few, many] = [await restartWith(GHOSTS.few), await restartWith(GHOSTS.many)];
  const each = (bytes: number, ghosts: number) => `${ghosts}: ${Math.round(bytes / ghosts)} bytes each`;
  console.info(`ghosts taken out, written for ${each(few, GHOSTS.few)}, ${each(many, GHOSTS.many)}`);
  expect(many / few).toBeLessThan(MOST_TIMES);
}, 300_000);
