import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decideOutbound, type OutboundEntry, type OutboundLimits } from "./core-outbound.ts";

const link = "link-1";
const wide: OutboundLimits = { multiline: false, textBytes: () => 400 };
const entry = (over: Partial<OutboundEntry>): OutboundEntry => ({
  id: "e1",
  nick: "Anke",
  origin: null,
  originRef: null,
  stanza: "<message xmlns='jabber:client'/>",
  body: null,
  ...over,
});
const textsOf = (over: Partial<OutboundEntry>, limits = wide) => {
  const decision = decideOutbound(entry(over), link, limits);
  return decision.kind === "send"
    ? decision.parts.map(({ action, text }) => (action ? `* ${text}` : text))
    : decision.kind;
};
const child = (xml: string) => ({ stanza: `<message xmlns='jabber:client'>${xml}</message>` });

describe("what goes out", () => {
  test.each([
    ["a body", { body: "moin" }, ["moin"]],
    ["lines become parts, empty ones go", { body: "eins\r\n\n zwei\u2028drei\n" }, ["eins", " zwei", "drei"]],
    ["controls never get into a line", { body: "a\u0000b\u0001c\u001bd\u0085e\tf" }, ["abcde f"]],
    ["half a surrogate", { body: "x\ud800y" }, ["x\ufffdy"]],
    ["an action (XEP-0245)", { body: "/me winkt" }, ["* winkt"]],
    ["nothing but controls", { body: "\u0007\u0000 " }, "nothing"],
    [
      "a correction (XEP-0308)",
      { body: "moin", ...child("<replace id='1' xmlns='urn:xmpp:message-correct:0'/>") },
      ["(edited) moin"],
    ],
    ["a file (XEP-0066)", child("<x xmlns='jabber:x:oob'><url>https://a/b.png</url></x>"), ["https://a/b.png"]],
    [
      "a file that the body names already",
      { body: "https://a/b.png", ...child("<x xmlns='jabber:x:oob'><url>https://a/b.png</url></x>") },
      ["https://a/b.png"],
    ],
    ["a subject", child("<subject>Neu</subject>"), ["* set the subject to: Neu"]],
    ["no subject any more", child("<subject/>"), ["* removed the subject"]],
    [
      "reactions (XEP-0444)",
      child(
        "<reactions id='1' xmlns='urn:xmpp:reactions:0'><reaction>👍</reaction><reaction>🎉</reaction></reactions>",
      ),
      ["* reacted with 👍 🎉"],
    ],
    ["reactions taken back", child("<reactions id='1' xmlns='urn:xmpp:reactions:0'/>"), ["* took a reaction back"]],
    [
      "a retraction (XEP-0424)",
      child("<retract id='1' xmlns='urn:xmpp:message-retract:1'/>"),
      ["* retracted a message"],
    ],
    ["something unknown", child("<poll xmlns='urn:example:poll'/>"), ["* sent something that cannot be shown here"]],
    ["a chat state (XEP-0085)", child("<composing xmlns='http://jabber.org/protocol/chatstates'/>"), "nothing"],
    ["an unreadable stanza still has its body", { stanza: "<message", body: "moin" }, ["moin"]],
    ["an unreadable stanza without one", { stanza: "<message" }, "nothing"],
    ["another link's message", { origin: "link-2", originRef: "i1", body: "moin" }, ["moin"]],
  ] as const)("%s", (_name, over, expected) => {
    expect(textsOf(over)).toEqual(expected);
  });

  test("the link's own message is not sent back", () => {
    expect(decideOutbound(entry({ origin: link, originRef: "i1", body: "moin" }), link, wide)).toEqual({
      kind: "own",
      inboxId: "i1",
    });
  });

  test("a long message is cut at twenty parts and says how many are missing", () => {
    const texts = textsOf({ body: Array.from({ length: 25 }, (_, index) => `Zeile ${index + 1}`).join("\n") });
    expect(texts).toHaveLength(20);
    expect(texts[18]).toBe("Zeile 19");
    expect(texts[19]).toBe("[… +6]");
  });

  test("a network of several lines gets one part", () => {
    expect(textsOf({ body: "eins\nzwei" }, { ...wide, multiline: true })).toEqual(["eins\nzwei"]);
  });

  test("a nick cannot pass for another or end a line", () => {
    const decision = decideOutbound(entry({ nick: " An\u202eke\r\n\u200b ", body: "x" }), link, wide);
    expect(decision).toMatchObject({ parts: [{ nick: "Anke" }] });
    expect(decideOutbound(entry({ nick: "\u200b", body: "x" }), link, wide)).toMatchObject({ parts: [{ nick: "?" }] });
  });
});

test("whatever is said, parts fit, hold no control and count from 0", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      fc.integer({ min: 16, max: 80 }),
      (body, nick, bytes) => {
        const decision = decideOutbound(entry({ body, nick }), link, { multiline: false, textBytes: () => bytes });
        if (decision.kind !== "send") return;
        for (const [index, part] of decision.parts.entries()) {
          expect(part.part).toBe(index);
          expect(Buffer.byteLength(part.text)).toBeLessThanOrEqual(bytes);
          expect(`${part.nick}${part.text}`).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u);
          expect(part.text.trim()).not.toBe("");
        }
      },
    ),
  );
});
