/** The owner of the rooms is killed again and again at random moments while people talk, and the standby takes over. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { serverNames } from "../../cli/stack/server-kind.ts";
import { auditRoom, nicksIn, openRoom, type RoomCase } from "./room-case.ts";
import { openTwins, type Twins } from "./twins.ts";
import { openWorld, type World } from "./world.ts";

/** More for a long look; the seed makes the moments of a failed run come again. */
const KILLS = Number(process.env.TEST_KILLS ?? 12);
const SEED = Number(process.env.TEST_SEED ?? 1);
const ONE_KILL_MS = 30_000;
/** Each says a message in so many milliseconds, and never runs out of words. */
const CAST = { tenant: 0, people: 3, texts: 100_000, paceMs: 100 } as const;

let world: World;
let twins: Twins;
let room: RoomCase | undefined;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe.each(serverNames)("beside %s", (server) => {
  beforeAll(async () => {
    world = await openWorld({ withKontor: false, server });
    twins = await openTwins(world);
  }, 180_000);
  afterAll(async () => {
    await room?.close();
    room = undefined;
    await twins?.close();
    await world?.close();
  }, 60_000);

  it(
    `${KILLS} times: nothing lost, nothing doubled, order kept, and nobody has to join again`,
    async () => {
      const random = numbers(SEED);
      const waits: number[] = [];
      let killedAt: number | undefined;
      // The messages that were on their way at the kill, or said between it and the first that came back, with its time.
      const inGap = new Map<string, number>();
      let cameBack: () => void = () => undefined;
      room = await openRoom(world, `owner-kills-${Date.now().toString(36)}`, {
        ...CAST,
        onSent: (_nick, id) => {
          if (killedAt !== undefined) inGap.set(id, killedAt);
        },
        onReflected: (_nick, id) => {
          const since = inGap.get(id);
          if (since === undefined) return;
          inGap.delete(id);
          waits.push(performance.now() - since);
          killedAt = undefined;
          cameBack();
        },
      });
      const { talkers, listener } = room;
      const talk = Promise.all(talkers.map((talker) => talker.talk()));
      for (let kill = 0; kill < KILLS; kill += 1) {
        const upTo = room.reflected + 5 + Math.floor(random() * 30);
        await Promise.race([room.untilReflected(upTo), talk]);
        const back = new Promise<void>((resolve) => {
          cameBack = resolve;
        });
        await twins.kill();
        killedAt = performance.now();
        for (const { ledger } of talkers) {
          for (const { id, fate } of ledger.sent.values()) if (fate === "open") inGap.set(id, killedAt);
        }
        // Who enters while nobody serves is in the room as soon as somebody does, and sees everybody.
        const entered = nicksIn(world, CAST.tenant, 1, room.room);
        await Promise.race([back, talk]);
        expect(await entered).toEqual(expect.arrayContaining([...talkers, listener].map(({ nick }) => nick)));
        await twins.restored();
      }
      for (const talker of talkers) talker.enough();
      await talk;
      const figures = await auditRoom(world, CAST.tenant, room);
      for (const talker of [...talkers, listener]) {
        expect([talker.nick, talker.signIns, talker.joins, await talker.isInside()]).toEqual([talker.nick, 1, 1, true]);
      }
      expect([...inGap.keys()]).toEqual([]);
      // Each was said once, and came back once: no error, no doubt that only the archive could settle.
      expect(figures).toMatchObject({ refused: 0, storedUnseen: 0, lost: 0, reflected: figures.sent });
      expect(waits.length).toBeGreaterThanOrEqual(KILLS);
      const [half, longest] = [waits.sort((a, b) => a - b)[Math.floor(waits.length / 2)] ?? 0, waits.at(-1) ?? 0];
      const words = Object.entries(figures).map(([key, value]) => `${key} ${value}`);
      console.info(
        `owner killed ${KILLS} times beside ${server} (seed ${SEED}): ${words.join(", ")}; ${waits.length} messages said in the gaps, ` +
          `back ${Math.round(half)} ms after the kill (median), ${Math.round(longest)} ms at most`,
      );
    },
    KILLS * ONE_KILL_MS,
  );
});
