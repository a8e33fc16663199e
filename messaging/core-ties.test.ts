import { describe, expect, test } from "@jest/globals";
import { mucUser } from "../components/xep/xep-0045-muc.ts";
import { join } from "./core-entry.ts";
import { reservedNick } from "./core-register.ts";
import { untied } from "./core-ties.ts";
import { emptyRoom, enter, joinAs, ROOM, sentTo, statusesOf } from "./testkit.ts";

const anna = "anna@example.org";
const ben = "ben@example.org/1";

/** Ben owns the room, Anna is its administrator under a reserved nick; both may be inside. */
function world({ inside }: { readonly inside: boolean }) {
  const room = emptyRoom("ben@example.org");
  room.memberships.set(anna, { affiliation: "admin", nick: "Anna", reason: undefined });
  enter(room, ben, "Ben");
  if (inside) for (const device of ["phone", "desk"]) enter(room, `${anna}/${device}`, "Anna");
  return room;
}

describe.each([
  ["for members only", true],
  ["open to everybody", false],
])("a room that is %s", (_what, membersOnly) => {
  test("sees who is deleted go, removed by the end of the affiliation", () => {
    const room = world({ inside: true });
    room.config = { ...room.config, membersOnly };
    const effects = untied(room, anna);
    const [seen, ...more] = sentTo(effects, ben);
    expect(more).toEqual([]);
    expect(seen?.attrs).toMatchObject({ from: `${ROOM}/Anna`, type: "unavailable" });
    expect(statusesOf(seen)).toEqual([321]);
    const user = seen?.getChild("x", mucUser.ns);
    expect(user && mucUser.read(user).item).toMatchObject({ affiliation: "none", role: "none" });
    for (const device of ["phone", "desk"]) {
      expect(statusesOf(sentTo(effects, `${anna}/${device}`)[0])).toEqual(expect.arrayContaining([110, 321]));
    }
    expect([room.memberships.has(anna), room.occupants.size, room.bySession.size]).toEqual([false, 1, 1]);
  });

  test("tells those who may see addresses of who is not inside, and the deleted one nothing", () => {
    const room = world({ inside: false });
    room.config = { ...room.config, membersOnly };
    const effects = untied(room, anna);
    const [told, ...more] = sentTo(effects, ben);
    expect(more).toEqual([]);
    const user = told?.getChild("x", mucUser.ns);
    expect(user && mucUser.read(user).item).toMatchObject({ affiliation: "none", jid: anna });
    expect(sentTo(effects, anna)).toEqual([]);
  });
});

test("the reserved nick is anybody's, and of somebody without a tie nobody hears", () => {
  const room = world({ inside: false });
  expect(() => join(room, joinAs("carl@example.org/1", "Anna"))).toThrow(/reserved|use/i);
  untied(room, anna);
  expect(reservedNick(room, anna)).toBeUndefined();
  expect(() => join(room, joinAs("carl@example.org/1", "Anna"))).not.toThrow();
  expect(untied(room, "dora@example.org")).toEqual([]);
});

test("a room that does not stay ends when the deleted one was the last inside", () => {
  const room = emptyRoom(anna);
  room.config = { ...room.config, persistent: false };
  enter(room, `${anna}/1`, "Anna");
  expect(untied(room, anna)).toContainEqual({ do: "end" });
});
