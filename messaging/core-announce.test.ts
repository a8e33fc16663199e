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
