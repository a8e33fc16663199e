import { describe, expect, test } from "@jest/globals";
import { messageOf } from "./core-message.ts";

const own = "anna@amt.test";
const row = (value: string) => ({ sort_id: 7, key: "k", when: 1_700_000_000, with: "bert@amt.test", value });

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
