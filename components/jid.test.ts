import { expect, it, test } from "@jest/globals";
import fc from "fast-check";
import { bareOf, jidText, parseJid } from "./jid.ts";

test.each([
  ["amt.example", "", "amt.example", ""],
  ["inge@amt.example", "inge", "amt.example", ""],
  ["inge@amt.example/Büro 1", "inge", "amt.example", "Büro 1"],
  // Only the first slash and, before it, the first @ count (RFC 7622 3.2).
  ["amt.example/a@b/c", "", "amt.example", "a@b/c"],
  ["room@rooms.amt.example/Nick/with@signs", "room", "rooms.amt.example", "Nick/with@signs"],
  // Local part and domain are compared without case and composition, the resource as it is.
  ["INGE@Amt.Example/Handy", "inge", "amt.example", "Handy"],
  ["ｉｎｇｅ@amt.example", "inge", "amt.example", ""],
  ["u\u0308ber@amt.example/u\u0308", "\u00fcber", "amt.example", "\u00fc"],
])("%s", (text, local, domain, resource) => {
  expect(parseJid(text)).toEqual({ local, domain, resource });
});

test.each([
  ...["", undefined, "@amt.example", "inge@", "inge@/r", "/r", "inge@amt.example/"],
  ...["in ge@amt.example", "in:ge@amt.example", "a@b@c", "inge@amt example", "inge@amt.example/\u0000"],
  ...["in\u200bge@amt.example", "in\u00adge@amt.example", "inge\u202e@amt.example", "in\u3000ge@amt.example"],
  ...["in＠ge@amt.example", "in／ge@amt.example"],
  ...[`${"a".repeat(1024)}@amt.example`, `${"ü".repeat(512)}@amt.example`, `inge@amt.example/${"r".repeat(1024)}`],
])("%j is malformed", (text) => {
  expect(parseJid(text)).toBeUndefined();
});

test.each([`${"a".repeat(1023)}@amt.example`, `inge@amt.example/${"r".repeat(1023)}`])("1,023 bytes fit", (text) => {
  expect(parseJid(text)).toBeDefined();
});

it("gives the same address again from its own text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
      const jid = parseJid(text);
      if (!jid) return;
      expect(parseJid(jidText(jid))).toEqual(jid);
      expect(jidText(jid).startsWith(bareOf(jid))).toBe(true);
    }),
    { numRuns: 500 },
  );
});
