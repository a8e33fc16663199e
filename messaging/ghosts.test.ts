import { expect, test } from "@jest/globals";
import { attr, type Element, x } from "../components/stanza.ts";
import { ghostFinder } from "./ghosts.ts";
import { emptyRoom, enter } from "./testkit.ts";

test("all occupants of all rooms are asked once, twenty at a time; only who does not answer gets a message", async () => {
  const rooms = [0, 1, 2].map((of) => {
    const room = emptyRoom();
    for (let n = 0; n < 30; n += 1) enter(room, `p${of}-${n}@example.org/1`, `p${n}`);
    return room;
  });
  const asked: string[] = [];
  const told: string[] = [];
  const open: { to: string; answer: () => void; fail: () => void }[] = [];
  const find = ghostFinder({
    request: (iq: Element) =>
      new Promise((resolve, reject) => {
        const to = attr(iq, "to") ?? "";
        asked.push(to);
        open.push({ to, answer: () => resolve(x("iq")), fail: () => reject(new Error("gone")) });
      }),
    send: (stanza) => {
      told.push(attr(stanza, "to") ?? "");
      return true;
    },
  });
  find(rooms.slice(0, 2));
  find(rooms.slice(2));
  expect(open).toHaveLength(20);
  const gone: string[] = [];
  while (open.length > 0) {
    expect(open.length).toBeLessThanOrEqual(20);
    const next = open.shift();
    if (asked.length % 7 === 0 && next) gone.push(next.to);
    if (next && gone.at(-1) === next.to) next.fail();
    else next?.answer();
    // The next one is asked as soon as this one's answer is through.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(asked.toSorted()).toEqual(rooms.flatMap((room) => [...room.bySession.keys()]).toSorted());
  expect(told.toSorted()).toEqual(gone.toSorted());
  expect(gone.length).toBeGreaterThan(5);
});
