import { expect, test } from "@jest/globals";
import { hats } from "../components/xep/xep-0317-hats.ts";
import { othersTo, presenceOf } from "./core-announce.ts";
import { accountOf, wear, wornRoles } from "./core-hats.ts";
import { emptyRoom, enter, sentTo } from "./testkit.ts";

test.each([
  ["somebody of the tenant", "anna@example.org/1", []],
  ["somebody of a host below it", "gast@gaeste.example.org/1", []],
  ["somebody of a partner", "carl@partner.example/1", ["Gast"]],
  ["somebody of a domain that ends alike", "eve@notexample.org/1", ["Gast"]],
])("the hat of %s", (_who, jid, titles) => {
  const room = emptyRoom();
  enter(room, jid, "Neu");
  const occupant = room.bySession.get(jid);
  if (!occupant) throw new Error("nobody came in");
  const element = presenceOf(room, occupant, { statuses: [] }).getChild("hats", hats.ns);
  expect(element ? hats.read(element).hats.map(({ title }) => title) : []).toEqual(titles);
});

test.each([
  ["", "Gast", "de"],
  ["de-DE", "Gast", "de"],
  ["en-GB", "Guest", "en"],
])("in a room of language '%s' guests wear '%s'", (language, title, lang) => {
  const room = emptyRoom();
  room.config = { ...room.config, language };
  enter(room, "carl@partner.example/1", "Neu");
  const occupant = room.bySession.get("carl@partner.example/1");
  const element = occupant && presenceOf(room, occupant, { statuses: [] }).getChild("hats", hats.ns);
  expect(element && hats.read(element).hats).toEqual([{ uri: "urn:kontor:hat:guest", title, lang }]);
});

test("roles that were found are worn by who is of the tenant, in the language of the room, and change for newcomers", () => {
  const room = emptyRoom();
  enter(room, "anna@example.org/1", "Anna");
  enter(room, "neu@example.org/1", "Neu");
  const [anna, neu] = ["anna@example.org/1", "neu@example.org/1"].map((jid) => room.bySession.get(jid));
  if (!anna || !neu) throw new Error("nobody came in");
  const shown = () => {
    const [presence] = sentTo(othersTo(room, neu, "neu@example.org/1"), "neu@example.org/1");
    const element = presence?.getChild("hats", hats.ns);
    return element ? hats.read(element).hats : [];
  };
  expect(shown()).toEqual([]);
  expect(wear(anna, wornRoles(["user", "moderator", "operator", "dpo", "moderator"]))).toBe(true);
  expect(shown()).toEqual([
    { uri: "urn:kontor:hat:role:dpo", title: "Datenschutz", lang: "de" },
    { uri: "urn:kontor:hat:role:moderator", title: "Moderation", lang: "de" },
  ]);
  expect(wear(anna, ["dpo", "moderator"])).toBe(false);
  wear(anna, []);
  expect(shown()).toEqual([]);
});

test.each([
  ["anna@example.org", "anna"],
  ["example.org", undefined],
  ["gast@gaeste.example.org", undefined],
  ["carl@partner.example", undefined],
  [null, undefined],
])("the account of %s is %s", (bare, account) => {
  expect(accountOf(emptyRoom(), { bare })).toBe(account);
});
