import { StringDecoder } from "node:string_decoder";
import { describe, expect, it, test } from "@jest/globals";
import fc from "fast-check";
import { type Element, x } from "./stanza.ts";
import { createStanzaParser } from "./stanza-parser.ts";

const MAX = 2_000;
const HEADER =
  "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='s1'>";

/** Feeds chunks as a socket with an encoding does, and tells what came out. */
function parse(chunks: readonly Buffer[], maxBytes = MAX): string[] {
  const events: string[] = [];
  const parser = createStanzaParser(maxBytes, {
    onHeader: (attrs) => events.push(`header ${attrs.id}`),
    onElement: (element) => events.push(element.toString()),
    onOversized: (element) => events.push(`oversized ${element.toString()}`),
    onEnd: () => events.push("end"),
    onBroken: () => events.push("broken"),
  });
  const decoder = new StringDecoder("utf8");
  for (const chunk of chunks) parser.write(decoder.write(chunk));
  return events;
}

const parseText = (text: string, maxBytes = MAX) => parse([Buffer.from(text)], maxBytes);

/** The bytes cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("<&>\"'", "Zürich 🙂", "]]>", "a\n\tb"),
);
const legal = text.map((each) => each.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ""));
const name = fc.constantFrom("message", "body", "x", "iq", "a-b", "prefix:c");
const { stanza } = fc.letrec<{ stanza: Element }>((tie) => ({
  stanza: fc
    .tuple(
      name,
      fc.dictionary(fc.constantFrom("to", "from", "id", "xmlns"), legal),
      fc.array(fc.oneof({ depthSize: "small" }, legal, tie("stanza")), { maxLength: 4 }),
    )
    .map(([tag, attrs, children]) => x(tag, attrs, ...children)),
}));

describe("stanzas", () => {
  it("are the same however their bytes are cut, also within a character", () => {
    fc.assert(
      fc.property(fc.array(stanza, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 30 }), (stanzas, places) => {
        const written = stanzas.map((each) => each.toString());
        const bytes = Buffer.from(`${HEADER}${written.join("\n ")}</stream:stream>`);
        const whole = parse([bytes], 1_000_000);
        expect(whole).toEqual([
          "header s1",
          ...written.map((each) => parseText(`${HEADER}${each}`, 1_000_000)[1]),
          "end",
        ]);
        expect(parse(cut(bytes, places), 1_000_000)).toEqual(whole);
      }),
    );
  });

  it("survive a cut after each single byte", () => {
    const bytes = Buffer.from(`${HEADER}<message to='ü@x'><body>🙂 &amp; ß</body></message><iq id='2'/>`);
    expect(parse([...bytes].map((byte) => Buffer.from([byte])))).toEqual([
      "header s1",
      '<message to="ü@x"><body>🙂 &amp; ß</body></message>',
      '<iq id="2"/>',
    ]);
  });
});

describe("a stanza over the limit", () => {
  const after = "<iq id='2'/>";
  const skipped = ["header s1", 'oversized <message id="1"/>', '<iq id="2"/>'];
  test.each([
    ["of one long text", `<message id='1'><body>${"a".repeat(MAX + 1)}</body></message>`],
    ["of characters of several bytes", `<message id='1'><body>${"€".repeat(MAX / 3 + 1)}</body></message>`],
    ["of many elements", `<message id='1'>${"<b>c</b>".repeat(MAX)}</message>`],
    ["of long attributes", `<message id='1'><b c='${"a".repeat(MAX + 1)}'/></message>`],
    ["that nests too deep", `<message id='1'>${"<b>".repeat(300)}${"</b>".repeat(300)}</message>`],
    ["that nests without end", `<message id='1'>${"<b>".repeat(200_000)}${"</b>".repeat(200_000)}</message>`],
  ])("%s is thrown away, the next one is intact", (_name, oversized) => {
    expect(parseText(HEADER + oversized + after)).toEqual(skipped);
  });

  it("is told by its head alone however it is cut, and the limit itself is allowed", () => {
    fc.assert(
      fc.property(fc.nat({ max: 200 }), fc.array(fc.nat(), { maxLength: 10 }), (more, places) => {
        const frame = "messagebodyid1".length;
        const body = "a".repeat(MAX - frame - 100 + more);
        const bytes = Buffer.from(`${HEADER}<message id='1'><body>${body}</body></message>${after}`);
        const [, first, second] = parse(cut(bytes, places));
        expect(first?.startsWith("oversized")).toBe(more > 100);
        expect(second).toBe('<iq id="2"/>');
      }),
    );
  });
});

describe("what is no stream is broken, once", () => {
  test.each([
    ["a text without end", `<message><body>${"a".repeat(5 * MAX)}`],
    ["a tag without end", `<message a='${"a".repeat(5 * MAX)}`],
    ["a name without end", `<${"a".repeat(5 * MAX)}`],
    ["a comment without end", `<!-- ${"a".repeat(5 * MAX)}`],
    ["a wrong end tag", "<message><body></message>"],
    ["an entity that XML does not have", "<message><body>&nbsp;</body></message>"],
    ["a character that XML does not have", "<message><body>&#1;</body></message>"],
  ])("%s", (_name, text_) => {
    // In pieces, as they come from a socket: it must not be kept until it ends.
    const bytes = Buffer.from(HEADER + text_ + text_);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 500) }, (_unused, index) =>
      bytes.subarray(index * 500, (index + 1) * 500),
    );
    expect(parse(pieces)).toEqual(["header s1", "broken"]);
  });
});
