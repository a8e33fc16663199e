import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Head } from "../platform/hash-chain.ts";
import {
  canonical,
  emptySegment,
  type Fact,
  fault,
  genesis,
  hashRows,
  instant,
  type Link,
  link,
} from "./core-evidence.ts";

const fact = (rowCount: number): Fact => ({
  tenant: "amt-nord",
  class: "content",
  kind: "message-archive",
  cutoff: instant(new Date("2026-01-10T00:00:00Z")),
  segment: "log_p20260101",
  rowCount,
  oldest: "2026-01-01T08:00:00.000001Z",
  newest: "2026-01-01T09:00:00.000002Z",
  segmentHash: hashRows(emptySegment, [["a", "1"]]),
  runId: "019b0000-0000-7000-8000-000000000001",
  result: "deleted",
  at: instant(new Date("2026-01-11T00:00:00Z")),
});

function chain(length: number): Link[] {
  const links: Link[] = [];
  let head = genesis("amt-nord");
  for (let index = 0; index < length; index++) {
    const next = link(head, fact(index));
    links.push(next);
    head = next;
  }
  return links;
}

function firstFault(links: readonly Link[]): string | undefined {
  let head: Head = genesis("amt-nord");
  for (const next of links) {
    const wrong = fault(head, next);
    if (wrong) return `${next.position}: ${wrong}`;
    head = next;
  }
  return undefined;
}

test("the hashed bytes are fixed: what is verified elsewhere must get the same", () => {
  expect(canonical(fact(3), 1, "0".repeat(64))).toBe(
    '{"at":"2026-01-11T00:00:00.000000Z","class":"content","cutoff":"2026-01-10T00:00:00.000000Z","kind":"message-archive",' +
      '"newest":"2026-01-01T09:00:00.000002Z","oldest":"2026-01-01T08:00:00.000001Z","position":1,' +
      `"previous":"${"0".repeat(64)}","result":"deleted","rowCount":3,"runId":"019b0000-0000-7000-8000-000000000001",` +
      '"segment":"log_p20260101","segmentHash":"bad97b7ce56ae7ca75ded29d88e86efb7030bdbbe1dd884e247e1d20de45d14b","tenant":"amt-nord"}',
  );
});

test("a chain holds; tenants' chains begin differently", () => {
  expect(firstFault(chain(5))).toBeUndefined();
  expect(genesis("amt-nord").hash).not.toBe(genesis("schule-sued").hash);
});

describe("tampering is named", () => {
  test.each<[string, (links: Link[]) => Link[], string]>([
    ["a row left out", (links) => links.filter((_, index) => index !== 2), "4: row 3 is missing"],
    ["a row twice", (links) => links.toSpliced(2, 0, ...links.slice(1, 2)), "2: the position stands twice"],
    [
      "a row of another chain",
      (links) => links.map((row, index) => (index === 1 ? { ...row, ...link({ position: 1, hash: "f" }, row) } : row)),
      "2: it does not hold the hash of the row before it",
    ],
  ])("%s", (_name, tamper, wrong) => {
    expect(firstFault(tamper(chain(5)))).toBe(wrong);
  });

  test("any member of any row changed", () => {
    const changes: ((row: Link) => Link)[] = [
      (row) => ({ ...row, rowCount: row.rowCount + 1 }),
      (row) => ({ ...row, cutoff: "2026-01-10T00:00:00.000001Z" }),
      (row) => ({ ...row, oldest: null }),
      (row) => ({ ...row, newest: null }),
      (row) => ({ ...row, segment: "log_p20260102" }),
      (row) => ({ ...row, segmentHash: emptySegment }),
      (row) => ({ ...row, kind: "file" }),
      (row) => ({ ...row, class: "usage" }),
      (row) => ({ ...row, tenant: "schule-sued" }),
      (row) => ({ ...row, runId: "019b0000-0000-7000-8000-000000000002" }),
      (row) => ({ ...row, result: "complete" }),
      (row) => ({ ...row, at: "2026-01-11T00:00:00.000001Z" }),
      (row) => ({ ...row, hash: "0".repeat(64) }),
    ];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.constantFrom(...changes), (index, change) => {
        const links = chain(5).map((row, place) => (place === index ? change(row) : row));
        expect(firstFault(links)).toBe(`${index + 1}: its hash does not fit its content`);
      }),
    );
  });
});

test("the hash of a segment is the same however its rows come in pages, and differs with any text or order", () => {
  const rows = fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(rows, fc.nat(), (all, cut) => {
      const at = cut % all.length;
      expect(hashRows(hashRows(emptySegment, all.slice(0, at)), all.slice(at))).toBe(hashRows(emptySegment, all));
      const [first = ["", ""], ...rest] = all;
      expect(hashRows(emptySegment, [[`${first[0]}x`, first[1]], ...rest])).not.toBe(hashRows(emptySegment, all));
    }),
  );
});
