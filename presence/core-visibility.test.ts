import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Audience,
  audiences,
  defaultOwnVisibility,
  defaultPresenceRules,
  isListed,
  maySee,
  type PresenceRules,
  timesHidden,
  type Viewer,
} from "./core-visibility.ts";

const stranger = { contact: false, sharesGroup: false };
const viewers = {
  self: { kind: "self" },
  stranger: { kind: "tenant", ...stranger },
  contact: { kind: "tenant", contact: true, sharesGroup: false },
  member: { kind: "tenant", contact: false, sharesGroup: true },
  foreign: { kind: "partner", ...stranger },
  foreignContact: { kind: "partner", contact: true, sharesGroup: false },
  program: { kind: "program" },
  public: { kind: "public" },
} as const satisfies Record<string, Viewer>;

type Name = keyof typeof viewers;
const seenBy = (rules: Partial<PresenceRules>, audience: Audience | null = null): Name[] =>
  (Object.keys(viewers) as Name[]).filter((name) =>
    maySee(viewers[name], { ...defaultPresenceRules, ...rules }, { ...defaultOwnVisibility, audience }),
  );

describe("who sees a person", () => {
  test.each<[Partial<PresenceRules>, Audience | null, Name[]]>([
    [{}, null, ["self", "stranger", "contact", "member", "foreignContact", "program"]],
    [{ partners: "everyone" }, null, ["self", "stranger", "contact", "member", "foreign", "foreignContact", "program"]],
    [{ within: "contacts" }, null, ["self", "contact", "member", "foreignContact"]],
    [{ within: "groups", partners: "nobody" }, null, ["self", "member"]],
    [{ within: "nobody", partners: "nobody", badges: true }, null, ["self"]],
    [{ badges: true }, "contacts", ["self", "contact", "member", "foreignContact", "public"]],
    [{ partners: "everyone" }, "contacts", ["self", "contact", "member", "foreignContact"]],
    [{ partners: "everyone" }, "groups", ["self", "member"]],
    [{ badges: true, partners: "everyone" }, "nobody", ["self"]],
    [{ within: "groups" }, "everyone", ["self", "member", "foreignContact"]],
  ])("%o, hidden to %s", (rules, own, expected) => {
    expect(seenBy(rules, own)).toEqual(expected);
  });

  test("a person can only hide more than the tenant's rules", () => {
    fc.assert(
      fc.property(
        fc.record({
          within: fc.constantFrom(...audiences),
          partners: fc.constantFrom("everyone", "contacts", "nobody"),
          badges: fc.boolean(),
        }),
        fc.constantFrom(...audiences),
        (rules, own) => {
          const bare = seenBy(rules);
          expect(seenBy(rules, own).every((name) => bare.includes(name))).toBe(true);
        },
      ),
    );
  });
});

test("times are hidden when either says so", () => {
  const rules = (hideTimes: boolean) => ({ ...defaultPresenceRules, hideTimes });
  const own = (hideTimes: boolean) => ({ ...defaultOwnVisibility, hideTimes });
  expect(timesHidden(rules(false), own(false))).toBe(false);
  expect(timesHidden(rules(true), own(false))).toBe(true);
  expect(timesHidden(rules(false), own(true))).toBe(true);
});

test.each<[Partial<PresenceRules>, Audience | null, Name[]]>([
  [{}, null, ["self", "stranger", "contact", "member", "foreignContact", "program"]],
  [{ within: "nobody", partners: "nobody" }, null, ["self", "stranger", "contact", "member"]],
  [{ partners: "everyone" }, "contacts", ["self", "stranger", "contact", "member", "foreignContact"]],
  [{ partners: "everyone" }, "nobody", ["self"]],
])("the directory under %j and %s", (rules, audience, found) => {
  const listed = (Object.keys(viewers) as Name[]).filter((name) =>
    isListed(viewers[name], { ...defaultPresenceRules, ...rules }, { ...defaultOwnVisibility, audience }),
  );
  expect(listed).toEqual(found);
});
