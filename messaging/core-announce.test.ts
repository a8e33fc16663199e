import { expect, test } from "@jest/globals";
import { hats } from "../components/xep/xep-0317-hats.ts";
import { presenceOf } from "./core-announce.ts";
import { emptyRoom, enter } from "./testkit.ts";

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
