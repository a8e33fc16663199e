import { expect, test } from "@jest/globals";
import { silentLog } from "../test/support/real.ts";
import type { RoomState } from "./core-state.ts";
import { lostOccupants } from "./lost.ts";
import { emptyRoom, enter } from "./testkit.ts";

/** A room of the name `empfang`, and each step in which somebody is taken out of it. */
function world(people: readonly string[]) {
  const room = emptyRoom();
  for (const jid of people) enter(room, jid, jid.split("@")[0] ?? "");
  const insideAfter: string[][] = [];
  let settled: () => void = () => undefined;
  const applied = new Promise<void>((resolve) => {
    settled = resolve;
  });
  const rooms = {
    withRoom: <R>(name: string, work: (found: RoomState | undefined) => R | Promise<R>) =>
      work(name === "empfang" ? room : undefined),
    apply: () => {
      insideAfter.push([...room.bySession.keys()]);
      settled();
    },
  };
  return { lost: lostOccupants({ log: silentLog }, rooms, { quietMs: 1, mostMs: 5 }), insideAfter, applied };
}

test("who is lost within a moment is taken out in one step, but not who was heard from since", async () => {
  const people = ["a@example.org/1", "b@example.org/1", "c@example.org/1", "d@example.org/1"];
  const { lost, insideAfter, applied } = world(people);
  for (const jid of people.slice(0, 3)) lost.gone("empfang", jid);
  lost.gone("elsewhere", "a@example.org/1");
  lost.heardFrom("b@example.org/1");
  await applied;
  expect(insideAfter).toEqual([["b@example.org/1", "d@example.org/1"]]);
});
