import { beforeEach, describe, expect, test } from "@jest/globals";
import { checkInvites, declined, invitation, welcomed } from "./core-invite.ts";
import type { RoomState } from "./core-state.ts";
import { codeOf, emptyRoom, enter, sentTo } from "./testkit.ts";

let room: RoomState;
const anna = "anna@example.org/1";
beforeEach(() => {
  room = emptyRoom("owner@example.org");
  room.memberships.set("banned@example.org", { affiliation: "outcast", nick: undefined, reason: undefined });
  enter(room, "owner@example.org/1", "Chefin");
  enter(room, anna, "Anna");
});
const to = (address: string) => [{ to: address }];

describe("who may invite whom", () => {
  test.each([
    ["from outside", "far@example.org/1", to("bert@example.org"), "not-acceptable"],
    ["nobody named", anna, [{}], "bad-request"],
    ["no address", anna, to("bert@"), "jid-malformed"],
    ["a whole domain", anna, to("example.org"), "jid-malformed"],
    ["somebody banned", anna, to("banned@example.org"), "not-allowed"],
    ["more than may be", anna, Array.from({ length: 21 }, (_, n) => ({ to: `u${n}@example.org` })), "not-acceptable"],
    ["several", anna, [...to("bert@example.org"), ...to("carl@example.org/x")], "no error"],
  ])("%s", (_what, session, invites, code) => {
    expect(codeOf(() => checkInvites(room, session, invites))).toBe(code);
  });

  test("where occupants may not, administrators still may", () => {
    room.config = { ...room.config, occupantsInvite: false };
    expect(codeOf(() => checkInvites(room, anna, to("bert@example.org")))).toBe("forbidden");
    expect(codeOf(() => checkInvites(room, "owner@example.org/1", to("bert@example.org")))).toBe("no error");
  });

  test("in a room for members strangers become members, once each, and nobody else changes", () => {
    const invites = [...to("bert@example.org/1"), ...to("bert@example.org/2"), ...to("owner@example.org")];
    expect(checkInvites(room, anna, invites).memberships).toEqual([]);
    room.config = { ...room.config, membersOnly: true };
    expect(checkInvites(room, anna, invites).memberships).toEqual([
      { bare: "bert@example.org", membership: { affiliation: "member", nick: undefined, reason: undefined } },
    ]);
  });
});

test("an invitation names the inviter, the password and what goes on; the room sends it", () => {
  room.config = { ...room.config, password: "burn" };
  const letter = { invitee: "bert@example.org", reason: "Komm!", goesOn: { thread: "t1" } };
  const [sent] = sentTo([invitation(room, "anna@example.org", letter, "i1")], "bert@example.org");
  expect(sent?.attrs.from).toBe(room.jid);
  expect(sent?.toString()).toContain(
    '<invite from="anna@example.org"><reason>Komm!</reason><continue thread="t1"/></invite><password>burn</password>',
  );
});

test("a decline reaches the devices inside, or else the bare address", () => {
  const letter = { from: "bert@example.org", reason: undefined, id: "d1" };
  expect(declined(room, { ...letter, to: "anna@example.org" })).toMatchObject({ to: [anna] });
  expect(declined(room, { ...letter, to: "gone@example.org" })).toMatchObject({ to: ["gone@example.org"] });
});

test("who is made a member of a room for members from outside is invited; who is inside or was one is not", () => {
  const member = { affiliation: "member" as const, nick: undefined, reason: "Neu im Amt" };
  const memberships = ["bert", "anna", "owner"].map((name) => ({ bare: `${name}@example.org`, membership: member }));
  expect(welcomed(room, { memberships })).toEqual([]);
  room.config = { ...room.config, membersOnly: true };
  expect(welcomed(room, { memberships })).toEqual([
    { invitee: "bert@example.org", reason: "Neu im Amt", goesOn: undefined },
  ]);
  const banned = [{ bare: "bert@example.org", membership: { ...member, affiliation: "outcast" as const } }];
  expect(welcomed(room, { memberships: banned })).toEqual([]);
});
