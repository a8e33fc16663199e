import { expect, test } from "@jest/globals";
import { decideInbound } from "./core-inbound.ts";

const message = { farId: "f", farUser: "ole", nick: "Ole", action: false, text: "moin", at: new Date(0) };

test.each([
  ["plain", {}, { farUser: "ole", nick: "Ole", body: "moin" }],
  ["an action", { action: true, text: "winkt" }, { farUser: "ole", nick: "Ole", body: "/me winkt" }],
  ["what XML cannot hold", { text: "a\u0000\u0008b\ufffe\ud800" }, { farUser: "ole", nick: "Ole", body: "ab\ufffd" }],
  ["several lines", { text: "a\r\nb\n" }, { farUser: "ole", nick: "Ole", body: "a\nb" }],
  ["a nick of nothing", { nick: "\u200b\u0007" }, { farUser: "ole", nick: "?", body: "moin" }],
])("%s", (_name, over, expected) => {
  expect(decideInbound({ ...message, ...over })).toEqual(expected);
});

test("nothing left", () => {
  expect(decideInbound({ ...message, text: "\u0002 \n" })).toBeUndefined();
});

test("a book is cut", () => {
  const body = decideInbound({ ...message, text: "😀".repeat(10_001) })?.body;
  expect(body).toBe(`${"😀".repeat(10_000)} […]`);
});
