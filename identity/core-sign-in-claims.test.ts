import { expect, test } from "@jest/globals";
import { type ClaimRules, namedBy } from "./core-sign-in-claims.ts";

const rules: ClaimRules = {
  personClaim: "preferred_username",
  personMatch: "localpart",
  tenantClaim: "org",
  tenantValue: "amt",
};
const claims = { org: "amt", preferred_username: "Ingrid" };
const email: ClaimRules = { ...rules, personClaim: "email", personMatch: "email" };

test.each([
  [claims, rules, { name: "ingrid" }],
  [{ ...claims, org: ["schule", "amt"] }, rules, { name: "ingrid" }],
  [{ ...claims, org: 7 }, { ...rules, tenantValue: "7" }, { name: "ingrid" }],
  [{ ...claims, preferred_username: "ingrid@amt.example" }, rules, { name: "ingrid" }],
  [{ org: "amt", email: "Ingrid@Post.example" }, email, { name: "ingrid@post.example" }],
  [{ org: "amt", email: "i@post.example", email_verified: true }, email, { name: "i@post.example" }],
])("%j names a person", (given, by, expected) => expect(namedBy(given, by, "amt.example")).toEqual(expected));

test.each([
  [{ preferred_username: "ingrid" }, rules, "other-organisation"],
  [{ ...claims, org: "AMT" }, rules, "other-organisation"],
  [{ ...claims, org: [] }, rules, "other-organisation"],
  [{ ...claims, org: { amt: true } }, rules, "other-organisation"],
  [claims, { ...rules, tenantClaim: "constructor", tenantValue: "x" }, "other-organisation"],
  [{ org: "amt" }, rules, "no-person-claim"],
  [{ org: "amt", preferred_username: 7 }, rules, "no-person-claim"],
  [{ org: "amt", preferred_username: "" }, rules, "no-person-claim"],
  [{ org: "amt", preferred_username: "ingrid@other.example" }, rules, "no-person-claim"],
  [{ org: "amt", preferred_username: "ingrid@amt.example@amt.example" }, rules, "no-person-claim"],
  [{ org: "amt", email: "i@post.example", email_verified: false }, email, "no-person-claim"],
  [{ org: "amt", email: "ingrid" }, email, "no-person-claim"],
])("%j names nobody", (given, by, problem) => expect(namedBy(given, by, "amt.example")).toEqual({ problem }));
