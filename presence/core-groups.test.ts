import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { newsOfGroups, partsOf, type RosterMember } from "./core-groups.ts";

const hashes = fc
  .dictionary(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("1", "2"))
  .map((all) => new Map(Object.entries(all)));

describe("what the server is told of groups", () => {
  test("brings it to hold what is wanted, and is nothing once it does", () => {
    fc.assert(
      fc.property(hashes, hashes, (wanted, held) => {
        const { send, remove } = newsOfGroups(wanted, held);
        const after = new Map<string, string>(held);
        for (const id of remove) after.delete(id);
        for (const id of send) after.set(id, wanted.get(id) ?? "");
        expect(new Map([...after].sort())).toEqual(new Map([...wanted].sort()));
        expect(newsOfGroups(wanted, after)).toEqual({ send: [], remove: [] });
      }),
    );
  });

  test("does not hold what is there already", () => {
    const held = new Map([
      ["a", "1"],
      ["b", "1"],
      ["c", "1"],
    ]);
    const wanted = new Map([
      ["a", "1"],
      ["b", "2"],
      ["d", "1"],
    ]);
    expect(newsOfGroups(wanted, held)).toEqual({ send: ["b", "d"], remove: ["c"] });
  });
});

describe("the parts of a group", () => {
  const people = (count: number, name = "Name"): RosterMember[] =>
    Array.from({ length: count }, (_, index) => ({ local: `p${index}`, name }));

  test.each([
    [0, [0]],
    [1, [1]],
    [1_000, [1_000]],
    [1_001, [1_000, 1]],
    [5_000, [1_000, 1_000, 1_000, 1_000, 1_000]],
  ])("of %d members", (count, sizes) => {
    const parts = partsOf(people(count));
    expect(parts.map((part) => part.length)).toEqual(sizes);
    expect(parts.flat()).toEqual(people(count));
  });

  test("are no larger than a stanza may be, whatever the names", () => {
    const parts = partsOf(people(1_000, "ß".repeat(200)));
    expect(parts.flat()).toHaveLength(1_000);
    for (const part of parts) expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThan(200_000);
  });
});
