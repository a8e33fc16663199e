import { expect, test } from "@jest/globals";
import { isBridged, lineOf, textBytes, withoutFormatting } from "./core-format.ts";

test.each([
  ["\u000304,01rot\u0003 plain", "rot plain"],
  ["\u00031\u000312345", "345"],
  ["\u0004ff00AAbunt\u0004", "bunt"],
  [
    "\u0002fett\u0002 \u001dkursiv\u001d \u001funter\u001f \u001edurch \u0011mono \u0016um\u000f",
    "fett kursiv unter durch mono um",
  ],
  ["nichts 03,04", "nichts 03,04"],
])("%j without formatting", (text, plain) => {
  expect(withoutFormatting(text)).toBe(plain);
});

test("a line names its speaker and is known as bridged", () => {
  expect(lineOf({ nick: "Anke", action: false, text: "moin" }, false)).toBe("<Anke> moin\u000f\u000f");
  expect(lineOf({ nick: "Anke", action: true, text: "winkt" }, true)).toBe("* A\u200bnke winkt\u000f\u000f");
  expect(isBridged(lineOf({ nick: "Anke", action: false, text: "moin" }, true))).toBe(true);
  expect(isBridged("moin\u000f")).toBe(false);
});

test("the text, the prefixes and the mark fill a line of 512 bytes, or the limit of the settings", () => {
  const mask = "kontor!~kontor@host.example";
  const bytes = textBytes(mask, "#office", "<Anke> ", 10_000);
  const line = `:${mask} PRIVMSG #office :${lineOf({ nick: "Anke", action: false, text: "x".repeat(bytes) }, false)}\r\n`;
  expect(Buffer.byteLength(line)).toBe(512);
  expect(textBytes(mask, "#office", "<Anke> ", 200)).toBe(191);
});
