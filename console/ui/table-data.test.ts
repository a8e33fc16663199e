import { expect, it } from "@jest/globals";
import { csvOf, loadAll, pageLocally, type TableQuery } from "./table-data.ts";

const query: TableQuery = { after: undefined, limit: 2, sort: undefined, search: "", filters: {} };
const rows = ["b 10", "b 9", "a 1"].map((name, index) => ({ name, kind: index === 1 ? "odd" : "even" }));
const page = (change: Partial<TableQuery>) => pageLocally(rows, (row) => row, { ...query, ...change });
const names = (change: Partial<TableQuery>) => page({ limit: 9, ...change }).items.map(({ name }) => name);

it("pages a short list", () => {
  expect(page({}).next).toBe("2");
  expect(page({ after: "2" })).toEqual({ items: [rows[2]], next: null });
});

it.each([
  [{ sort: "name" }, ["a 1", "b 9", "b 10"]],
  [{ sort: "-name" }, ["b 10", "b 9", "a 1"]],
  [{ search: " B " }, ["b 10", "b 9"]],
  [{ filters: { kind: "odd" } }, ["b 9"]],
  [{ filters: { kind: "odd" }, search: "a" }, []],
])("sorts, searches and filters: %j", (change, expected) => {
  expect(names(change)).toEqual(expected);
});

it("leaves the list as it was", () => {
  names({ sort: "name" });
  expect(rows[0]?.name).toBe("b 10");
});

it("loads page by page to the end", async () => {
  const asked: (string | undefined)[] = [];
  const all = await loadAll(async ({ after }) => {
    asked.push(after);
    return { items: [after ?? "first"], next: after === undefined ? "x" : null };
  }, query);
  expect(all).toEqual(["first", "x"]);
  expect(asked).toEqual([undefined, "x"]);
});

it("writes CSV that no spreadsheet runs", () => {
  expect(csvOf(["a", "b"], [["=1+1", 'say "x", y']])).toBe('"a","b"\r\n"\'=1+1","say ""x"", y"\r\n');
});
