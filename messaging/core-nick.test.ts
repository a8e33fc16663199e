import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { join } from "./core-entry.ts";
import { freeNick } from "./core-far.ts";
import { cleanedNick, enforcedNick, looksOf, nickKey } from "./core-nick.ts";
import { changePresence, leave } from "./core-presence.ts";
import { codeOf, emptyRoom, enter, joinAs, ROOM, sentTo, statusesOf } from "./testkit.ts";

describe("a nick as it is shown (RFC 8266)", () => {
  test.each([
    ["  Foo  ", "Foo"],
    ["Foo\u00a0\u2003Bar", "Foo Bar"],
    ["Ａｎｎａ", "Anna"],
    ["Jürgen Groß", "Jürgen Groß"],
    ["Ju\u0308rgen", "Jürgen"],
    ["Henry Ⅳ", "Henry IV"],
    ["❤\ufe0f Anna", "❤ Anna"],
    ["世界", "世界"],
    ["שרה", "שרה"],
  ])("%j becomes %j", (wanted, nick) => {
    expect(enforcedNick(wanted)).toBe(nick);
    expect(enforcedNick(nick)).toBe(nick);
  });

  test.each([
    ["nothing", ""],
    ["spaces alone", " \u2003 "],
    ["a zero width joiner", "An\u200dna"],
    ["a zero width space", "An\u200bna"],
    ["a word joiner", "Anna\u2060"],
    ["a soft hyphen", "An\u00adna"],
    ["a filler that is not seen", "Anna\u3164"],
    ["a tag character", "Anna\u{e0041}"],
    ["an override of direction", "Be\u202ert"],
    ["an isolate", "\u2067Anna\u2069"],
    ["an Arabic letter mark", "Anna\u061c"],
    ["a control character", "Be\u0007rt"],
    ["a line break", "Be\nrt"],
    ["a private character", "Anna\ue000"],
    ["an unassigned character", "Anna\u{1fffe}"],
    ["a heap of marks", `A${"\u0301\u0302\u0303\u0304\u0305"}nna`],
    ["a mark that stands alone", "\u0301Anna"],
    ["too many characters", "b".repeat(129)],
    ["one that unfolds beyond the limit", "\ufdfa".repeat(20)],
  ])("%s is refused", (_what, nick) => {
    expect(codeOf(() => enforcedNick(nick))).toBe("not-acceptable");
  });

  test("what was enforced once stays as it is, and is compared alike", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (wanted) => {
        if (codeOf(() => enforcedNick(wanted)) !== "no error") return;
        const nick = enforcedNick(wanted);
        expect(enforcedNick(nick)).toBe(nick);
        expect(nickKey(nick)).toBe(nickKey(wanted));
      }),
    );
  });

  test("of anything, a nick can be made that is one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (wanted) => {
        expect(codeOf(() => enforcedNick(`${cleanedNick(wanted, 120)} (2)`))).toBe("no error");
      }),
    );
  });
});

const alike = (a: string, b: string): boolean => looksOf(a).some((look) => looksOf(b).includes(look));

describe("nicks that look alike (UTS 39)", () => {
  test.each([
    ["Anna", "Аnna"],
    ["Anna", "Аnnа"],
    ["anna", "АNNA"],
    ["paypal", "раураl"],
    ["Igor", "lgor"],
    ["Ingrid", "lngrid"],
    ["Tom", "Torn"],
    ["Oskar", "0skar"],
    ["Max1", "Maxl"],
    ["Νikos", "Nikos"],
    ["Jürgen", "Jürgеn"],
  ])("%s and %s", (one, other) => {
    expect(alike(one, other)).toBe(true);
  });

  test.each([
    ["Anna", "Anne"],
    ["Müller", "Muller"],
    ["Grosse", "Größe"],
    ["Иван", "Ivan"],
    ["Tim", "Tom"],
    ["世界", "世间"],
  ])("%s and %s are two", (one, other) => {
    expect(alike(one, other)).toBe(false);
  });
});

describe("in a room", () => {
  test("a nick that looks like the one of somebody inside is a conflict, until that one is gone", () => {
    const room = emptyRoom();
    enter(room, "anna@example.org/1", "Anna");
    const forged = () => join(room, joinAs("bert@example.org/1", "Аnna"));
    expect(codeOf(forged)).toBe("conflict");
    leave(room, "anna@example.org/1", false);
    expect(codeOf(forged)).toBe("no error");
    expect(room.looks.size).toBe(2);
  });

  test("the same person may use both", () => {
    const room = emptyRoom();
    enter(room, "anna@example.org/1", "Anna");
    expect(codeOf(() => enter(room, "anna@example.org/2", "Аnna"))).toBe("no error");
  });

  test("nobody changes to one either, and the presence stays what it was", () => {
    const room = emptyRoom();
    enter(room, "anna@example.org/1", "Anna");
    enter(room, "bert@example.org/1", "Bert");
    expect(codeOf(() => changePresence(room, { jid: "bert@example.org/1", nick: "Аnna", presence: [] }))).toBe(
      "conflict",
    );
    expect(room.bySession.get("bert@example.org/1")?.nick).toBe("Bert");
  });

  test("a reserved nick is kept for its holder, look-alikes with it", () => {
    const room = emptyRoom();
    room.memberships.set("anna@example.org", { affiliation: "member", nick: "Anna", reason: undefined });
    expect(codeOf(() => join(room, joinAs("bert@example.org/1", "anna")))).toBe("conflict");
    expect(codeOf(() => join(room, joinAs("bert@example.org/1", "Аnna")))).toBe("conflict");
    expect(codeOf(() => join(room, joinAs("anna@example.org/1", "Anna")))).toBe("no error");
    expect(codeOf(() => join(room, joinAs("anna@example.org/2", "Anna M")))).toBe("no error");
  });

  test("somebody of another network is marked rather than taken for somebody here", () => {
    const room = emptyRoom();
    enter(room, "anna@example.org/1", "Anna");
    expect(freeNick(room, "Аnna", undefined)).toBe("Аnna (2)");
  });

  test("a nick that the room has changed is told with 210", () => {
    const room = emptyRoom();
    const got = sentTo(join(room, joinAs("anna@example.org/1", " Ａnna ")), "anna@example.org/1");
    expect(got[0]?.attrs.from).toBe(`${ROOM}/Anna`);
    expect(statusesOf(got[0])).toEqual([110, 170, 210]);
    const renamed = changePresence(room, { jid: "anna@example.org/1", nick: "Anna  M", presence: [] }) ?? [];
    const last = sentTo(renamed, "anna@example.org/1").at(-1);
    expect([last?.attrs.from, statusesOf(last)]).toEqual([`${ROOM}/Anna M`, [210, 110]]);
  });
});
