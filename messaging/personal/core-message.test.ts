import { describe, expect, test } from "@jest/globals";
import { MARKS, markedExcerpt, messageOf } from "./core-message.ts";

const own = "anna@amt.test";
const row = (value: string) => ({ sort_id: 7, key: "k", when: 1_700_000_000, with: "bert@amt.test", value });
const mark = (text: string) => text.replaceAll("[", MARKS.start).replaceAll("]", MARKS.stop);

describe("a message of one's own archive", () => {
  test.each([
    ["anna@amt.test/desk", "sent"],
    ["anna@amt.test", "sent"],
    ["bert@amt.test/desk", "received"],
    ["anna@amt.test.example/desk", "received"],
  ])("from %s was %s", (from, direction) => {
    expect(messageOf(row(`<message from='${from}'><body>a &lt; b &amp; c</body></message>`), own)).toEqual({
      ...{ id: "k", at: "2023-11-14T22:13:20.000Z", with: "bert@amt.test", direction },
      ...{ body: "a < b & c", encrypted: false },
    });
  });

  test("says that it is encrypted, and shows the text of the message itself only", () => {
    const encrypted = "<encryption xmlns='urn:xmpp:eme:0' namespace='x'/>";
    const inner =
      "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>in</body></message></forwarded>";
    expect(messageOf(row(`<message from='x@y'>${inner}${encrypted}</message>`), own)).toMatchObject({
      body: null,
      encrypted: true,
    });
  });
});

describe("an excerpt", () => {
  test("marks all that was found, also a form of the word", () => {
    expect(markedExcerpt(mark("Die [Häuser] am [Haus]."))).toEqual([
      { text: "Die ", hit: false },
      { text: "Häuser", hit: true },
      { text: " am ", hit: false },
      { text: "Haus", hit: true },
      { text: ".", hit: false },
    ]);
  });

  test("of a long text begins shortly before the first hit and ends soon", () => {
    const parts = markedExcerpt(mark(`${"a".repeat(500)}[hit]${"b".repeat(500)}`));
    expect(parts.map(({ text, hit }) => [text.length, hit])).toEqual([
      [1, false],
      [60, false],
      [3, true],
      [237, false],
      [1, false],
    ]);
  });

  test("without a hit is the beginning", () => {
    expect(markedExcerpt("short")).toEqual([{ text: "short", hit: false }]);
    expect(markedExcerpt("a".repeat(301)).map(({ text }) => text.length)).toEqual([300, 1]);
  });
});
