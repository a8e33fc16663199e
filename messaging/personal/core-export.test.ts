import { expect, test } from "@jest/globals";
import { type ExportedMessage, exportHtml, exportJson } from "./core-export.ts";

const head = { account: "anna@amt.test", at: new Date("2026-07-20T10:00:00Z") };
const message = (body: string | null, more: Partial<ExportedMessage> = {}): ExportedMessage => ({
  ...{ id: "k", at: "2026-07-19T08:00:00.000Z", with: "bert@amt.test", direction: "sent", body, encrypted: false },
  ...more,
});
async function* pages(...all: readonly (readonly ExportedMessage[])[]) {
  yield* all;
}
const text = async (pieces: AsyncIterable<string>) => {
  let all = "";
  for await (const piece of pieces) all += piece;
  return all;
};

test.each([
  ["nothing", [[]]],
  ["one page", [[message("a"), message("b")]]],
  ["pages, one of them empty", [[message("a")], [], [message('"\u2028</script>')]]],
])("JSON of %s holds all and their number", async (_, all) => {
  const flat = all.flat();
  expect(JSON.parse(await text(exportJson(head, pages(...all))))).toEqual({
    ...{ account: head.account, exportedAt: "2026-07-20T10:00:00.000Z", messages: flat, count: flat.length },
  });
});

test.each([
  ["de", "Nachrichten von anna@amt.test", "Ende: 3 Nachrichten.", "(verschlüsselt)"],
  ["en", "Messages of anna@amt.test", "End: 3 messages.", "(encrypted)"],
] as const)("the page in %s says who wrote what to whom, and runs nothing of it", async (language, ...expected) => {
  const evil = `<img src=x onerror="alert(1)"> & more`;
  const all = [[message(evil)], [message("b", { direction: "received" }), message(null, { encrypted: true })]];
  const html = await text(exportHtml(head, language, pages(...all)));
  for (const part of expected) expect(html).toContain(part);
  expect(html).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; more");
  expect(html).not.toContain("<img");
  expect(html).toContain('<td>bert@amt.test</td><td>anna@amt.test</td><td class="text">b</td>');
  expect(html).toContain("default-src 'none'");
  expect(html).toMatch(/<\/html>\n$/);
});
