import { describe, expect, test } from "@jest/globals";
import { personLimit } from "./person-limit.ts";
import { codeOf } from "./testkit.ts";

describe("what one person may do within a minute", () => {
  test("is counted for each person, and taken as a whole or not at all", () => {
    const limit = personLimit(5, () => 1_000);
    expect(codeOf(() => limit.count("anna@example.org", 4))).toBe("no error");
    expect(codeOf(() => limit.count("anna@example.org", 2))).toBe("too-many");
    expect(codeOf(() => limit.count("anna@example.org", 1))).toBe("no error");
    expect(codeOf(() => limit.count("anna@example.org", 1))).toBe("too-many");
    expect(codeOf(() => limit.count("bert@example.org", 5))).toBe("no error");
  });

  test("is free again when the minute is over", () => {
    let now = 0;
    const limit = personLimit(1, () => now);
    limit.count("anna@example.org", 1);
    now = 30_000;
    expect(codeOf(() => limit.count("anna@example.org", 1))).toBe("too-many");
    now = 62_000;
    expect(codeOf(() => limit.count("anna@example.org", 1))).toBe("no error");
  });
});
