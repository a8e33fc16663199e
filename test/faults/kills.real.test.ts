import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { signIn } from "../../cli/client/xmpp-client.ts";
import { readyz } from "../../cli/stack/probe.ts";
import { attr, type Element, x } from "../../components/stanza.ts";
import { mucJoin } from "../../components/xep/xep-0045-muc.ts";
import { eventually } from "../support/real.ts";
import { auditRoom, type Figures, nicksIn, openRoom, type RoomCase } from "./room-case.ts";
import { openTalker, type Talker } from "./talker.ts";
import { killAndKeepDown, openWorld, placeOf, type World } from "./world.ts";

/** Five people say 1,000 messages, and two of another tenant 100 in a room of theirs. */
const CASTS = [
  { tenant: 0, people: 5, texts: 200 },
  { tenant: 1, people: 2, texts: 50 },
] as const;
const STEP_MS = 45_000;
const TEXTS = CASTS.reduce((total, { people, texts }) => total + people * texts, 0);

let world: World;
let cases: readonly RoomCase[] = [];

beforeAll(async () => {
  world = await openWorld();
}, 120_000);
afterAll(() => world?.close(), 60_000);

/** Lets everybody talk, has `fault` happen when a third came back, and audits both rooms when all is said. */
async function play(
  part: string,
  fault: (main: RoomCase) => Promise<void>,
  { before, afterwards }: { before?: (main: RoomCase) => Promise<void>; afterwards?: () => Promise<void> } = {},
): Promise<Figures> {
  const name = `fault-${part}-${Date.now().toString(36)}`;
  const main = await openRoom(world, name, CASTS[0]);
  const other = await openRoom(world, name, CASTS[1]);
  cases = [main, other];
  try {
    await before?.(main);
    const everybody = [...main.talkers, ...other.talkers];
    const talk = Promise.all(everybody.map((talker) => talker.talk()));
    await within(talk, "a third of the messages", main.untilReflected(333));
    await within(talk, "the fault", fault(main));
    // Not too late to matter.
    expect(main.reflected).toBeLessThan(CASTS[0].people * CASTS[0].texts);
    await within(talk, `${part} to come back`, world.stack.whenUp(part));
    for (const talker of everybody) talker.resume();
    await within(talk, "all messages", talk);
    for (const { listener } of cases) await within(talk, "the listener", listener.untilInside());
    const figures = { sent: 0, reflected: 0, refused: 0, storedUnseen: 0, lost: 0, archived: 0, duplicates: 0 };
    for (const [index, each] of [main, other].entries()) {
      const found = await auditRoom(world, CASTS[index]?.tenant ?? 0, each);
      for (const key of Object.keys(figures) as (keyof Figures)[]) figures[key] += found[key];
    }
    console.info(
      `${part} killed once: ${Object.entries(figures)
        .map(([key, value]) => `${key} ${value}`)
        .join(", ")}`,
    );
    expect(figures.archived).toBeGreaterThanOrEqual(TEXTS);
    expect(figures.reflected + figures.storedUnseen).toBe(figures.archived);
    await afterwards?.();
    for (const each of cases) expect(await outside(each)).toEqual([]);
    return figures;
  } finally {
    await Promise.all([main.close(), other.close()]);
  }
}

/** Who is no longer in the room by its own word (XEP-0410). */
async function outside({ talkers, listener }: RoomCase): Promise<string[]> {
  const everybody = [...talkers, listener];
  const inside = await Promise.all(everybody.map((talker) => talker.isInside()));
  return everybody.flatMap(({ nick }, index) => (inside[index] ? [] : [nick]));
}

/** Waits for a step, or says where everybody stands when it does not come or one of them gave up. */
async function within(talk: Promise<unknown>, what: string, step: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const parts = world.stack.status().parts.map(({ name, state }) => `${name} ${state}`);
      const people = cases.flatMap(({ talkers }) => talkers.map((talker) => talker.account()));
      reject(new Error([`waited ${STEP_MS} ms in vain for ${what}`, ...parts, ...people].join("\n")));
    }, STEP_MS);
  });
  const failed = talk.then(() => step);
  try {
    await Promise.race([step, late, failed]);
  } finally {
    clearTimeout(timer);
    failed.catch(() => undefined);
  }
}

/** Nobody had to sign in or join again, and who did nothing but listen heard the last of all messages. */
function expectNobodyNoticed(): void {
  for (const { talkers, listener } of cases) {
    for (const talker of [...talkers, listener]) {
      expect([talker.nick, talker.signIns, talker.joins]).toEqual([talker.nick, 1, 1]);
    }
    const last = talkers.flatMap(({ seen }) => seen.slice(-1));
    expect(last).toContain(listener.seen.at(-1));
  }
}

describe("a part is killed while 1,100 messages are said", () => {
  it("components: occupants are still in, nothing reflected is lost", async () => {
    await play("components", () => world.stack.kill("components", "SIGKILL"), {
      // The new process looks whether those it found in the room are still there; they are, and so they stay.
      afterwards: async () => {
        for (const { listener } of cases) await within(listener.pinged, "a look for ghosts", listener.pinged);
      },
    });
    expectNobodyNoticed();
  });

  it.each(["gateway", "worker"])("%s: messaging takes no notice", async (part) => {
    const figures = await play(part, () => world.stack.kill(part, "SIGKILL"));
    expectNobodyNoticed();
    expect([figures.refused, figures.storedUnseen, figures.lost]).toEqual([0, 0, 0]);
  });

  it("postgres: senders are told to wait at once, and it goes on by itself", async () => {
    await play("postgres", async (main) => {
      const { release } = await killAndKeepDown(world, "postgres");
      await main.untilRefused();
      release();
    });
    expectNobodyNoticed();
    expect([...(cases[0]?.refusals.keys() ?? [])]).toEqual(["resource-constraint"]);
  });

  it("redis: messages go on being reflected without it, and who left meanwhile stays away", async () => {
    let room = "";
    const leaver = await signIn(placeOf(world, 0, 4));
    try {
      const enter = async (main: RoomCase) => {
        room = main.room;
        await leaver.send(x("presence"));
        await leaver.send(x("presence", { to: `${room}/leaver` }, mucJoin.write({ history: { maxstanzas: 0 } })));
        await leaver.next((stanza) => stanza.getChild("subject") !== undefined, "the end of the join");
      };
      const absence = async (main: RoomCase) => {
        const { release } = await killAndKeepDown(world, "redis");
        await leaver.send(x("presence", { to: `${room}/leaver`, type: "unavailable" }));
        const left = (stanza: Element) =>
          attr(stanza, "from") === `${room}/leaver` && attr(stanza, "type") === "unavailable";
        await leaver.next(left, "the leave");
        await main.untilReflected(main.reflected + 200);
        release();
      };
      const figures = await play("redis", absence, { before: enter });
      expectNobodyNoticed();
      expect([figures.refused, figures.storedUnseen, figures.lost]).toEqual([0, 0, 0]);
      // The next process takes over what the rooms' live state in Redis says.
      const { componentsHealth } = world.stack.home.ports;
      await eventually(() => readyz(componentsHealth).catch(() => undefined), "Redis in use again");
      await world.stack.kill("components", "SIGKILL");
      await world.stack.whenUp("components");
      expect(await nicksIn(world, 0, 3, room)).not.toContain("leaver");
    } finally {
      await leaver.stop();
    }
  });

  it("prosody: people join again, and who does not come back is no ghost", async () => {
    let room = "";
    let ghost: Talker | undefined;
    const enter = async (main: RoomCase) => {
      room = main.room;
      ghost = await openTalker({ account: placeOf(world, 0, 4), room, nick: "ghost", texts: 0 });
      expect(await nicksIn(world, 0, 3, room)).toContain("ghost");
    };
    const fault = async () => {
      await Promise.all([world.stack.kill("prosody", "SIGKILL"), ghost?.stop({ silently: true })]);
    };
    await play("prosody", fault, { before: enter });
    const left = await eventually(async () => {
      const nicks = await nicksIn(world, 0, 3, room);
      return nicks.includes("ghost") ? undefined : nicks;
    }, "the ghost's leave");
    expect(left).toEqual([]);
  });
});
