import { beforeEach, describe, expect, test } from "@jest/globals";
import type { DataForm } from "../components/xep/xep-0004-data-forms.ts";
import { registered, unregistered } from "./core-register.ts";
import type { RoomState } from "./core-state.ts";
import { codeOf, emptyRoom, enter } from "./testkit.ts";

let room: RoomState;
beforeEach(() => {
  room = emptyRoom("owner@example.org");
  room.memberships.set("banned@example.org", { affiliation: "outcast", nick: undefined, reason: undefined });
  room.memberships.set("dora@example.org", { affiliation: "member", nick: "Dora", reason: undefined });
  enter(room, "anna@example.org/1", "Anna");
});

const form = (nick: string, type: DataForm["type"] = "submit"): DataForm => ({
  type,
  fields: [
    { var: "FORM_TYPE", values: ["http://jabber.org/protocol/muc#register"] },
    { var: "muc#register_roomnick", values: [nick] },
  ],
});

describe("registering", () => {
  test.each<[string, string, DataForm | undefined, string]>([
    ["a free nick", "bert@example.org", form("Bert"), "no error"],
    ["the nick one has inside", "anna@example.org", form("Anna"), "no error"],
    ["a reserved one", "bert@example.org", form("dora"), "conflict"],
    ["one that looks like a reserved one", "bert@example.org", form("Dоra"), "conflict"],
    ["one of somebody inside", "bert@example.org", form("Anna"), "conflict"],
    ["one that is none", "bert@example.org", form("\u200b"), "not-acceptable"],
    ["no form", "bert@example.org", undefined, "bad-request"],
    ["a form that is not submitted", "bert@example.org", form("Bert", "form"), "bad-request"],
    ["somebody banned", "banned@example.org", form("Bert"), "not-allowed"],
  ])("%s", (_what, bare, given, code) => {
    expect(codeOf(() => registered(room, bare, given))).toBe(code);
  });

  test("an owner stays owner", () => {
    expect(registered(room, "owner@example.org", form("Chefin"))).toMatchObject([
      { membership: { affiliation: "owner", nick: "Chefin" } },
    ]);
  });

  test("nobody gets into a room for members by it, and nowhere where it is switched off", () => {
    room.config = { ...room.config, membersOnly: true };
    expect(codeOf(() => registered(room, "bert@example.org", form("Bert")))).toBe("not-allowed");
    expect(codeOf(() => registered(room, "dora@example.org", form("Dora M")))).toBe("no error");
    room.config = { ...room.config, registration: false };
    expect(codeOf(() => registered(room, "dora@example.org", form("Dora M")))).toBe("service-unavailable");
  });
});

test("taken back: a member is none, an owner keeps what it is but for the nick", () => {
  expect(unregistered(room, "dora@example.org")).toEqual([{ bare: "dora@example.org", membership: undefined }]);
  expect(codeOf(() => unregistered(room, "owner@example.org"))).toBe("registration-required");
  room.memberships.set("owner@example.org", { affiliation: "owner", nick: "Chefin", reason: undefined });
  expect(unregistered(room, "owner@example.org")).toMatchObject([
    { membership: { affiliation: "owner", nick: undefined } },
  ]);
});
