/** The tables of clauses in docs/xep-0045.md and docs/xep-0313.md name what is there, and leave no dialogue out. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

const root = new URL("../../", import.meta.url);
const rowsOf = (xep: string) =>
  readFileSync(new URL(`docs/${xep}.md`, root), "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, clause, shown] = /^\| (\d+(?:\.\d+)+) [^|]*\| ([^|]*)\|/.exec(line) ?? [];
      return clause === undefined || shown === undefined ? [] : [{ clause, shown }];
    });
const namedIn = (xep: string) =>
  rowsOf(xep).flatMap(({ shown }) => [...shown.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
const xeps = ["xep-0045", "xep-0313"];

const upTo = (section: string, last: number): string[] =>
  Array.from({ length: last }, (_, index) => `${section}.${index + 1}`);

test("every clause of the sections 6 to 11 of XEP-0045 has a row, in order", () => {
  expect(rowsOf("xep-0045").map(({ clause }) => clause)).toEqual([
    ...upTo("6", 7),
    "7.1",
    ...upTo("7.2", 18),
    ...upTo("7", 14).slice(2),
    ...upTo("8", 6),
    ...upTo("9", 9),
    ...upTo("10", 9),
    ...upTo("11", 2),
  ]);
});

test.each(xeps)("every dialogue and test that the table of %s names is there", (xep) => {
  const places: Readonly<Record<string, string>> = { txt: "test/dialogues/", ts: "messaging/" };
  const missing = namedIn(xep).filter(
    (name) => !existsSync(new URL(`${places[name.split(".").at(-1) ?? ""]}${name}`, root)),
  );
  expect(missing).toEqual([]);
});

test.each(xeps)("every dialogue about %s is named", (xep) => {
  const files = readdirSync(new URL("test/dialogues/", root));
  const dialogues = files.filter((name) => name.startsWith(`${xep}-`) && name.endsWith(".txt"));
  const named = namedIn(xep);
  expect(dialogues.filter((name) => !named.includes(name))).toEqual([]);
});
