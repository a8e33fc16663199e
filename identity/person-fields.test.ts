import { describe, expect, it } from "@jest/globals";
import { personEmail, personName } from "./person-fields.ts";

const longest = `${"a".repeat(64)}@example.org`;

describe("an e-mail address", () => {
  it.each(["zoe@example.org", "zoe.zander+x@amt.example.org", longest])("may be %s", (text) => {
    expect(personEmail.safeParse(text).success).toBe(true);
  });

  it.each(["", "zoe", "zoe@", "@example.org", `a${longest}`, `zoe@${"a.".repeat(125)}example.org`])(
    "may not be %s",
    (text) => {
      expect(personEmail.safeParse(text).success).toBe(false);
    },
  );
});

describe("a name", () => {
  it.each([
    [" Zoe Zander ", "Zoe Zander"],
    ["Łukasz O’Neill", "Łukasz O’Neill"],
    ["x".repeat(200), "x".repeat(200)],
  ])("%j becomes %j", (given, name) => {
    expect(personName.parse(given)).toBe(name);
  });

  it.each(["", "  ", "a\nb", "a\u0000b", "a\u0085b", "x".repeat(201)])("may not be %j", (given) => {
    expect(personName.safeParse(given).success).toBe(false);
  });
});
