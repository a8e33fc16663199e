import { describe, expect, test } from "@jest/globals";
import { passwordProblem } from "./core-password.ts";

const owner = { localpart: "anna.schmidt", name: "Anna Schmidt" };

describe("passwordProblem", () => {
  test.each([
    ["short", "hund+katze1", /12 characters or more/],
    ["too long", "aB3$".repeat(40), /128 characters at most/],
    ["with a control character", "wolke-tisch-\u0007haus", /control/],
    ["with the family name", "mein-SCHMIDT-haus-7", /own name/],
    ["one character over and over", "aaaaaaaaaaaaaaaa", /more different/],
    ["common with digits", "Passwort1234!", /first that are guessed/],
    ["common in disguise", "P@ssw0rd2026!", /first that are guessed/],
    ["the digits in a row", "12345678901234", /first that are guessed/],
    ["the keyboard in a row", "qwertzuiopasdf", /first that are guessed/],
    ["the alphabet backwards", "zyxwvutsrqponml", /first that are guessed/],
  ])("refuses one %s", (_what, password, problem) => {
    expect(passwordProblem(password, owner)).toMatch(problem);
  });

  test.each(["wolke tisch ampel", "5tsmm7zekha2sauk", "Grün-Straßenlampe-81", "日本語の長いパスワードです"])(
    "takes %s",
    (password) => {
      expect(passwordProblem(password, owner)).toBeUndefined();
    },
  );
});
