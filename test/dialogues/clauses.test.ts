/** The table of clauses in docs/xep-0045.md names what is there, and leaves no clause out. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

const root = new URL("../../", import.meta.url);
const rows = readFileSync(new URL("docs/xep-0045.md", root), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, clause, shown] = /^\| (\d+(?:\.\d+)+) [^|]*\| ([^|]*)\|/.exec(line) ?? [];
    return clause === undefined || shown === undefined ? [] : [{ clause, shown }];
  });
const named = rows.flatMap(({ shown }) => [...shown.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));

const upTo = (section: string, last: number): string[] =>
  Array.from({ length: last }, (_, index) => `${section}.${index + 1}`);

test("every clause of the sections 6 to 11 has a row, in order", () => {
  expect(rows.map(({ clause }) => clause)).toEqual([
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

test("every dialogue and test that it names is there", () => {
  const places: Readonly<Record<string, string>> = { txt: "test/dialogues/", ts: "messaging/" };
  const missing = named.filter((name) => !existsSync(new URL(`${places[name.split(".").at(-1) ?? ""]}${name}`, root)));
  expect(missing).toEqual([]);
});

test("every dialogue about XEP-0045 is named", () => {
  const dialogues = readdirSync(new URL("test/dialogues/", root)).filter((name) => /^xep-0045-.*\.txt$/.test(name));
  expect(dialogues.filter((name) => !named.includes(name))).toEqual([]);
});
