import { describe, expect, it } from "@jest/globals";
import type { AuditView } from "./audit-search.ts";
import { csvOf, jsonOf } from "./core-audit-export.ts";

const entry: AuditView = {
  position: 1,
  at: "2026-07-20T10:00:00.000Z",
  actor: { id: "p-1", name: "Ingrid" },
  roles: ["user", "dpo"],
  action: "person:change",
  object: "person/p-2",
  before: null,
  after: { name: "Zoe" },
  reason: null,
  address: null,
  requestId: null,
  hash: "abc",
};
async function* pages(...all: AuditView[][]) {
  yield* all;
}
async function whole(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}
const HEAD = "position,at,actor,name,roles,action,object,before,after,reason,address,requestId,hash\r\n";

describe("CSV (RFC 4180)", () => {
  it("has its head once, however many pages there are", async () => {
    const line =
      '1,2026-07-20T10:00:00.000Z,p-1,Ingrid,user dpo,person:change,person/p-2,,"{""name"":""Zoe""}",,,,abc\r\n';
    expect(await whole(csvOf(pages([entry], [entry, entry])))).toBe(HEAD + line.repeat(3));
    expect(await whole(csvOf(pages([])))).toBe(HEAD);
  });

  it.each([
    ["a comma", "a,b", '"a,b"'],
    ["quotes", 'say "a"', '"say ""a"""'],
    ["lines", "a\r\nb", '"a\r\nb"'],
    ["a formula", "=1+1", "'=1+1"],
    ["a formula with a comma", "@sum(a,b)", `"'@sum(a,b)"`],
    ["a signed number", "-1", "'-1"],
    ["a tab at its begin", "\tx", "'\tx"],
    ["a letter beyond ASCII", "Straße", "Straße"],
  ])("keeps %s", async (_name, reason, cell) => {
    expect(await whole(csvOf(pages([{ ...entry, reason }])))).toContain(`,${cell},,,abc\r\n`);
  });
});

it.each([
  ["nothing", [[]], []],
  ["one page", [[entry]], [entry]],
  ["pages, one empty", [[entry, entry], [], [entry]], [entry, entry, entry]],
])("JSON of %s is one array", async (_name, given, all) => {
  expect(JSON.parse(await whole(jsonOf(pages(...given))))).toEqual(all);
});
