import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseXml } from "../components/stanza.ts";
import { cleanText, readPresence } from "./core-stanza.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const read = (xml: string, resource = "phone", stampOf?: string) =>
  readPresence(parseXml(xml), { resource, now, stampOf });
const presence = (inner: string) => read(`<presence>${inner}</presence>`)?.presence;

describe("a presence stanza", () => {
  test.each([
    ["", { show: "online", status: null, priority: 0 }],
    ["<show>away</show><status>Lunch</status><priority>5</priority>", { show: "away", status: "Lunch", priority: 5 }],
    ["<show> dnd </show>", { show: "dnd", status: null, priority: 0 }],
    ["<show>dancing</show>", { show: "online", status: null, priority: 0 }],
    ["<show/><status/><priority/>", { show: "online", status: null, priority: 0 }],
    ["<priority>-1</priority>", { show: "online", status: null, priority: -1 }],
    ["<priority>+9</priority>", { show: "online", status: null, priority: 9 }],
    ["<priority>1000</priority>", { show: "online", status: null, priority: 127 }],
    ["<priority>-129</priority>", { show: "online", status: null, priority: -128 }],
    ["<priority>1e3</priority>", { show: "online", status: null, priority: 0 }],
    ["<status xml:lang='de'>Pause</status><status>Break</status>", { show: "online", status: "Break", priority: 0 }],
    ["<status xml:lang='de'>Pause</status>", { show: "online", status: "Pause", priority: 0 }],
  ])("%s", (inner, expected) => {
    expect(presence(inner)).toEqual({ idleSince: null, caps: null, ...expected });
  });

  test.each([
    ["2026-03-01T11:50:00Z", Date.parse("2026-03-01T11:50:00Z")],
    ["2026-03-01T12:50:00+01:00", Date.parse("2026-03-01T11:50:00Z")],
    ["2026-03-01T13:00:00Z", now],
    ["1900-01-01T00:00:00Z", null],
    ["yesterday", null],
    ["", null],
  ])("idle since %j", (since, expected) => {
    expect(presence(`<idle xmlns='urn:xmpp:idle:1' since='${since}'/>`)?.idleSince).toBe(expected);
  });

  test.each([
    ["hash='sha-1' node='https://gajim.org' ver='abc='", { hash: "sha-1", node: "https://gajim.org", ver: "abc=" }],
    ["node='https://old.example' ver='1.0' ext='a b'", null],
    ["hash='sha-1' ver='abc='", null],
    ["hash='sha-1' node='n' ver=''", null],
    [`hash='sha-1' node='n' ver='${"a".repeat(257)}'`, null],
  ])("caps %s", (attributes, expected) => {
    expect(presence(`<c xmlns='http://jabber.org/protocol/caps' ${attributes}/>`)?.caps).toEqual(expected);
  });

  test.each(["unavailable", "error"])("of type %s: the device is gone", (type) => {
    expect(read(`<presence type='${type}'/>`)).toEqual({ resource: "phone", at: now, presence: undefined });
  });

  test("unavailable from the bare address: all are gone", () => {
    expect(read("<presence type='unavailable'/>", "")).toMatchObject({ resource: "", presence: undefined });
  });

  test.each(["subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe"])("of type %s says nothing", (type) => {
    expect(read(`<presence type='${type}'/>`)).toBeUndefined();
  });

  test("available without a device says nothing", () => {
    expect(read("<presence/>", "")).toBeUndefined();
  });
});

describe("the time it was said", () => {
  const stamp = (from: string, at: string) => `<delay xmlns='urn:xmpp:delay' from='${from}' stamp='${at}'/>`;
  const at = (inner: string, stampOf?: string) => read(`<presence>${inner}</presence>`, "phone", stampOf)?.at;
  const early = stamp("host.example", "2026-03-01T11:00:00Z");

  test.each([
    ["now without a stamp", "", "host.example", now],
    ["the server's stamp", early, "host.example", Date.parse("2026-03-01T11:00:00Z")],
    ["no stamp is believed when none is due", early, undefined, now],
    ["nor one of somebody else", stamp("mallory.example", "2026-03-01T11:00:00Z"), "host.example", now],
    ["nor one from the future", stamp("host.example", "2026-03-02T00:00:00Z"), "host.example", now],
    ["nor a malformed one", stamp("host.example", "yesterday"), "host.example", now],
    [
      "the last of several, which the server wrote",
      stamp("host.example", "2020-01-01T00:00:00Z") + early,
      "host.example",
      Date.parse("2026-03-01T11:00:00Z"),
    ],
  ])("%s", (_name, inner, stampOf, expected) => {
    expect(at(inner, stampOf)).toBe(expected);
  });
});

describe("a status text", () => {
  test.each([
    ["two\nlines\tand a tab", "two lines and a tab"],
    ["bell\u0007 and escape \u001b[31m", "bell  and escape  [31m"],
    ["turned \u202egnirts\u202c round", "turned  gnirts  round"],
    ["\u2066isolated\u2069", "isolated"],
    ["half \ud83d a smile", "half  a smile"],
    ["whole \u{1f600} smile", "whole \u{1f600} smile"],
    [" \u0000 ", ""],
  ])("%j", (text, expected) => {
    expect(cleanText(text)).toBe(expected);
  });

  test("is at most 256 characters, of which none is cut in two", () => {
    const text = "\u{1f600}".repeat(300);
    expect([...cleanText(text)]).toHaveLength(256);
    expect(cleanText(text)).toBe(`${"\u{1f600}".repeat(255)}…`);
  });

  test("is clean and bounded whatever is sent", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 600 }), (text) => {
        const clean = cleanText(text);
        expect([...clean].length).toBeLessThanOrEqual(256);
        expect(clean).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        expect(clean).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });
});
