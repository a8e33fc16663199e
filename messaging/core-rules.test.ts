import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { newRate, SPAN_MS } from "./core-rate.ts";
import {
  checkCreator,
  checkInvitees,
  checkName,
  checkOutsider,
  defaultRules,
  firstConfig,
  roomRules,
} from "./core-rules.ts";
import { codeOf } from "./testkit.ts";

describe("names of new rooms", () => {
  test.each([
    [{}, "irgendwas", "no error"],
    [{ prefix: "Amt-" }, "amt-flur", "no error"],
    [{ prefix: "amt-" }, "flur", "policy-violation"],
    [{ pattern: "amt-*-??" }, "amt-flur-01", "no error"],
    [{ pattern: "amt-*-??" }, "amt-flur-1", "policy-violation"],
    [{ pattern: "a.b*" }, "axb", "policy-violation"],
    [{ pattern: "[a]*" }, "[a]b", "no error"],
    [{ reservedNames: ["Leitung"] }, "leitung", "policy-violation"],
  ])("by %j: %s gives %s", (given, name, expected) => {
    expect(codeOf(() => checkName(roomRules.parse(given), name, false))).toBe(expected);
  });

  test("reserved ones are the administration's to give", () => {
    expect(codeOf(() => checkName(roomRules.parse({ reservedNames: ["leitung"] }), "leitung", true))).toBe("no error");
  });

  test("whatever pattern passes the schema is carried out, fast", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), fc.string({ maxLength: 255 }), (pattern, name) => {
        const rules = roomRules.safeParse({ pattern });
        if (rules.success)
          expect(["no error", "policy-violation"]).toContain(codeOf(() => checkName(rules.data, name, true)));
      }),
    );
    expect(roomRules.safeParse({ pattern: "*a*b*c*" }).success).toBe(false);
  });
});

test.each([
  ["everybody", [], "no error"],
  [["moderator"], ["user"], "not-allowed"],
  [["moderator", "opener"], ["user", "opener"], "no error"],
])("makers %j, somebody with %j: %s", (creators, of, expected) => {
  expect(codeOf(() => checkCreator(roomRules.parse({ creators }), of))).toBe(expected);
});

test.each([
  [true, "none", true, "no error"],
  [false, "none", true, "registration-required"],
  [false, "member", true, "no error"],
  [false, "none", false, "no error"],
] as const)("guests %s, tie %s, from outside %s: %s", (guests, affiliation, outside, expected) => {
  expect(codeOf(() => checkOutsider(roomRules.parse({ guests }), affiliation, outside))).toBe(expected);
});

test("outsiders are invited only where the rules let them be", () => {
  const closed = roomRules.parse({ invitePartners: false });
  const invites = [{ to: "ada@amt.example" }, { to: "ben@partner.example" }];
  expect(codeOf(() => checkInvitees(defaultRules, "amt.example", invites))).toBe("no error");
  expect(codeOf(() => checkInvitees(closed, "amt.example", invites))).toBe("policy-violation");
  expect(codeOf(() => checkInvitees(closed, "amt.example", invites.slice(0, 1)))).toBe("no error");
});

test("a new room begins with the tenant's defaults, and what was asked for goes before them", () => {
  const rules = roomRules.parse({ defaults: { moderated: true, history: 5 } });
  expect(firstConfig(rules, "flur")).toMatchObject({ title: "flur", moderated: true, history: 5, persistent: true });
  expect(firstConfig(rules, "flur", { history: 7 })).toMatchObject({ moderated: true, history: 7 });
});

describe("a rate", () => {
  test("lets a burst through, says when to go on, and then lets one through", () => {
    const rate = newRate();
    for (let n = 0; n < 5; n += 1) expect(rate.take("a", 5, 0)).toBeUndefined();
    expect(rate.take("a", 5, 0)).toBe(2);
    expect(rate.take("b", 5, 0)).toBeUndefined();
    expect(rate.take("a", 5, 1_999)).toBe(1);
    expect(rate.take("a", 5, 2_000)).toBeUndefined();
  });

  test("never lets more through in ten seconds than twice its limit, and keeps to it in the long run", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 }), (gaps) => {
        const rate = newRate();
        let now = 0;
        const taken: number[] = [];
        for (const gap of gaps) {
          now += gap;
          if (rate.take("a", 5, now) === undefined) taken.push(now);
        }
        for (const from of taken) {
          expect(taken.filter((at) => at >= from && at < from + SPAN_MS).length).toBeLessThanOrEqual(10);
        }
        expect(taken.length).toBeLessThanOrEqual(5 + Math.ceil((now * 5) / SPAN_MS));
      }),
    );
  });

  test("forgets who took longest ago", () => {
    const rate = newRate(3);
    for (const key of ["a", "b", "c", "a", "d"]) rate.take(key, 1, 0);
    expect(rate.size()).toBe(3);
    expect(rate.take("a", 1, 0)).toBe(10);
    expect(rate.take("b", 1, 0)).toBeUndefined();
  });
});
