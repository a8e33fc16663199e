import { beforeEach, describe, expect, test } from "@jest/globals";
import { type DataForm, dataForm, NS_DATA_FORMS } from "../components/xep/xep-0004-data-forms.ts";
import { leave } from "./core-presence.ts";
import type { RoomState } from "./core-state.ts";
import { approvedVoice, requestVoice } from "./core-voice.ts";
import { codeOf, emptyRoom, enter, sentTo } from "./testkit.ts";

let room: RoomState;
const owner = "owner@example.org/1";
const anna = "anna@example.org/1";
beforeEach(() => {
  room = emptyRoom("owner@example.org");
  room.config = { ...room.config, moderated: true };
  enter(room, owner, "Chefin");
  enter(room, anna, "Anna");
});

const wish = (role: string): DataForm => ({ type: "submit", fields: [{ var: "muc#role", values: [role] }] });
const ask = (session: string, form = wish("participant")) =>
  requestVoice(room, session, form, { id: "v1", language: "de" });

/** The form that the moderator got, filled in. */
function answered(allow: string): DataForm {
  const element = sentTo(ask(anna), owner)[0]?.getChild("x", NS_DATA_FORMS);
  if (!element) throw new Error("the moderator got no form");
  const { fields } = dataForm.read(element);
  return {
    type: "submit",
    fields: fields.map((each) => (each.var === "muc#request_allow" ? { ...each, values: [allow] } : each)),
  };
}

describe("asking", () => {
  test.each<[string, () => unknown, string]>([
    ["a visitor", () => ask(anna), "no error"],
    ["from outside", () => ask("far@example.org/1"), "not-acceptable"],
    ["another role", () => ask(anna, wish("moderator")), "bad-request"],
    ["who has voice", () => ask(owner), "not-allowed"],
  ])("%s", (_what, work, code) => {
    expect(codeOf(work)).toBe(code);
  });

  test("while no moderator is here", () => {
    leave(room, owner, false);
    expect(codeOf(() => ask(anna))).toBe("service-unavailable");
  });
});

describe("answering", () => {
  test("yes gives the role of a participant", () => {
    expect(approvedVoice(room, owner, answered("true"))).toEqual({ nick: "Anna", role: "participant" });
  });

  test("no, or nothing, changes nothing", () => {
    expect(approvedVoice(room, owner, answered("false"))).toBeUndefined();
    expect(approvedVoice(room, owner, { ...answered("1"), type: "cancel" })).toBeUndefined();
  });

  test.each<[string, string, () => DataForm, string]>([
    ["only moderators", anna, () => answered("1"), "forbidden"],
    ["a form without the nick", owner, () => wish("participant"), "bad-request"],
  ])("%s", (_what, session, form, code) => {
    const filled = form();
    expect(codeOf(() => approvedVoice(room, session, filled))).toBe(code);
  });

  test("who took the nick of the one who asked gets nothing", () => {
    const filled = answered("1");
    leave(room, anna, false);
    enter(room, "bert@example.org/1", "Anna");
    expect(codeOf(() => approvedVoice(room, owner, filled))).toBe("not-found");
  });
});
