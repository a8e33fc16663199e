import { expect, test } from "@jest/globals";
import { SpecificError } from "../components/specific-error.ts";
import type { DataForm } from "../components/xep/xep-0004-data-forms.ts";
import { CHANNEL_SEARCH_PARAMS, channelOrder } from "../components/xep/xep-0433-channel-search.ts";
import { pageOfFound, readSearch, searchForm } from "./core-search.ts";
import { codeOf } from "./testkit.ts";

const submit = (values: Readonly<Record<string, string>>): DataForm => ({
  type: "submit",
  fields: [
    { var: "FORM_TYPE", values: [CHANNEL_SEARCH_PARAMS] },
    ...Object.entries(values).map(([name, value]) => ({ var: name, values: [value] })),
  ],
});
const refusal = (values: Readonly<Record<string, string>>) => {
  try {
    readSearch(submit(values));
    return undefined;
  } catch (error) {
    return error instanceof SpecificError ? [error.code, error.condition.name, error.type] : error;
  }
};

test("the form as it is offered, submitted with a word, is understood", () => {
  const { fields } = searchForm("de");
  const offered = Object.fromEntries(
    fields.flatMap(({ var: name, values: [value] }) => (name && value ? [[name, value]] : [])),
  );
  expect(readSearch(submit({ ...offered, q: "lage" }))).toEqual({
    terms: ["lage"],
    fields: { name: true, description: true, address: true },
    minUsers: 0,
    order: "address",
    none: false,
  });
});

test.each<[string, Readonly<Record<string, string>>, object]>([
  ["words in quotes are one", { q: 'lage "große runde"' }, { terms: ["lage", "große runde"] }],
  ["all", { all: "true" }, { terms: [] }],
  ["an empty word beside all", { all: "1", q: "" }, { terms: [] }],
  ["both names of a field", { q: "a", sinaddress: "false" }, { fields: { address: false } }],
  ["MIX", { q: "a", types: "xep-0369" }, { none: true }],
  ["by occupants", { q: "a", key: channelOrder.users, min_users: "2" }, { order: "users", minUsers: 2 }],
])("%s", (_what, values, expected) => {
  expect(readSearch(submit(values))).toMatchObject(expected);
});

test.each<[Readonly<Record<string, string>>, string[]]>([
  [{}, ["bad-request", "no-search-conditions", "modify"]],
  [{ all: "false" }, ["bad-request", "no-search-conditions", "modify"]],
  [{ all: "true", q: "a" }, ["bad-request", "conflicting-fields", "modify"]],
  [{ q: "a", sinname: "0", sindescription: "0", sinaddr: "0" }, ["bad-request", "conflicting-fields", "modify"]],
  [{ q: ' "" ' }, ["bad-request", "invalid-search-terms", "modify"]],
  [{ q: "a b c d e f" }, ["bad-request", "invalid-search-terms", "modify"]],
  [{ q: "a".repeat(101) }, ["bad-request", "invalid-search-terms", "modify"]],
  [{ q: "a", key: "{urn:xmpp:channel-search:0:order}age" }, ["feature-not-implemented", "invalid-sort-key", "modify"]],
])("%j is refused", (values, expected) => {
  expect(refusal(values)).toEqual(expected);
});

const found = ["a", "b", "c", "d"].map((id) => ({ id }));
test.each([
  [{ max: 2 }, ["a", "b"], 0],
  [{ max: 2, after: "b" }, ["c", "d"], 2],
  [{ max: 2, before: "" }, ["c", "d"], 2],
  [{ max: 2, before: "b" }, ["a"], 0],
  [{ max: 3, after: "c" }, ["d"], 3],
  [{}, ["a", "b", "c", "d"], 0],
])("page %j", (asked, ids, index) => {
  const { items, set } = pageOfFound(found, asked);
  expect(items.map(({ id }) => id)).toEqual(ids);
  expect(set).toEqual({ first: { id: ids[0], index }, last: ids.at(-1), count: 4 });
});

test("an empty page counts alone, and a place that is gone is none", () => {
  expect(pageOfFound(found, { max: 0 })).toEqual({ items: [], set: { count: 4 } });
  expect(pageOfFound(found, { after: "d" })).toEqual({ items: [], set: { count: 4 } });
  expect(codeOf(() => pageOfFound(found, { after: "x" }))).toBe("not-found");
});
