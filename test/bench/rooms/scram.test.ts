import { expect, test } from "@jest/globals";
import { scram } from "./scram.ts";

test("the example of RFC 5802 section 5", () => {
  const side = scram("user", "pencil", "fyko+d2lbbFgONRv9qkxdawL");
  expect(side.first).toBe("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
  const serverFirst = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
  expect(side.final(serverFirst)).toBe(
    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
  );
});

test("an answer with another nonce is refused", () => {
  expect(() => scram("user", "pencil", "abc").final("r=abd123,s=QSXCR+Q6sek8bf92,i=4096")).toThrow(/no answer/);
});
