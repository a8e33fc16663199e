import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { LivePerson } from "./core.ts";
import { type Entry, follower, type Snapshot } from "./core-follow.ts";
import type { Looker, PresentedPerson } from "./core-present.ts";
import { audiences, defaultPresenceRules, type PresenceRules } from "./core-visibility.ts";

const names = ["ada", "ben", "cem"] as const;
const shows = ["online", "dnd", "away"] as const;
type Name = (typeof names)[number];

interface Model {
  rules: PresenceRules;
  people: Map<Name, Entry>;
  contacts: Set<string>;
}

const entryOf = (localpart: Name, over: Partial<Entry["person"]> = {}, live?: LivePerson): Entry => ({
  person: {
    ...{ id: localpart, localpart, name: localpart, groups: [], outOfOffice: null },
    own: { audience: null, hideTimes: false },
    ...over,
  },
  live,
  faces: {},
});
const liveAs = (show: (typeof shows)[number]): LivePerson => ({
  devices: [{ resource: "r", kind: null, show, status: null, priority: 0, idleSince: null, at: 1 }],
  meetingSince: null,
});
const snapshotOf = ({ rules, people }: Model): Snapshot => ({ domain: "amt.example", rules, people, known: true });
const lookerOf = ({ contacts }: Model): Looker => ({
  ...{ kind: "tenant", person: "viewer", contacts },
  groups: new Set(["team"]),
});

/** A change, and of whom something may have changed by it. */
type Step = (model: Model) => Name[] | "all";
const person = fc.constantFrom(...names);
const edit = (name: Name, change: (entry: Entry) => Entry): Step => {
  return ({ people }) => {
    const there = people.get(name);
    if (there) people.set(name, change(there));
    return [name];
  };
};
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(person, fc.constantFrom(...shows))
    .map(([name, show]) => edit(name, (e) => entryOf(name, e.person, liveAs(show)))),
  person.map((name) => edit(name, (e) => entryOf(name, e.person))),
  fc
    .tuple(person, fc.option(fc.constantFrom(...audiences), { nil: null }), fc.boolean())
    .map(([name, audience, hideTimes]) =>
      edit(name, (e) => entryOf(name, { ...e.person, own: { audience, hideTimes } }, e.live)),
    ),
  fc
    .tuple(person, fc.boolean())
    .map(([name, member]) => edit(name, (e) => entryOf(name, { ...e.person, groups: member ? ["team"] : [] }, e.live))),
  fc.tuple(fc.constantFrom(...audiences), fc.boolean()).map(
    ([within, hideTimes]): Step =>
      (model) => {
        model.rules = { ...defaultPresenceRules, within, hideTimes };
        for (const [name, e] of model.people) model.people.set(name, entryOf(name, e.person, e.live));
        return "all";
      },
  ),
  fc.tuple(person, fc.boolean()).map(
    ([name, contact]): Step =>
      ({ contacts }) => {
        if (contact) contacts.add(`${name}@amt.example`);
        else contacts.delete(`${name}@amt.example`);
        return "all";
      },
  ),
  person.map(
    (name): Step =>
      ({ people }) => {
        people.delete(name);
        return [name];
      },
  ),
  person.map(
    (name): Step =>
      ({ people }) => {
        if (!people.has(name)) people.set(name, entryOf(name));
        return [name];
      },
  ),
);
const begin = (): Model => ({
  rules: defaultPresenceRules,
  people: new Map(names.map((name) => [name, entryOf(name)])),
  contacts: new Set(),
});

/** What a reader has who does what he is told. */
function told() {
  const had = new Map<string, PresentedPerson>();
  return {
    had,
    take: ({ people, gone }: { readonly people: readonly PresentedPerson[]; readonly gone: readonly string[] }) => {
      for (const each of people) had.set(each.localpart, each);
      for (const each of gone) had.delete(each);
    },
  };
}

/** What he would be told if he came for the first time. */
function fresh(model: Model): Map<string, PresentedPerson> {
  const { had, take } = told();
  const now = snapshotOf(model);
  const one = follower({});
  take(one.look(now, lookerOf(model), one.everybody(now)));
  return had;
}

describe("following", () => {
  test("always ends with what who comes anew is told, and each event is a change", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const model = begin();
        const one = follower({});
        const reader = told();
        reader.take(one.look(snapshotOf(model), lookerOf(model), names));
        for (const each of steps) {
          const about = each(model);
          const now = snapshotOf(model);
          const news = one.look(now, lookerOf(model), about === "all" ? one.everybody(now) : about);
          for (const person of news.people) expect(reader.had.get(person.localpart)).not.toEqual(person);
          reader.take(news);
          expect(reader.had).toEqual(fresh(model));
        }
      }),
    );
  });

  test("who comes back with the same sight lacks only those who changed and may be seen", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.array(step, { maxLength: 8 }), (before, meanwhile) => {
        const model = begin();
        for (const each of before) each(model);
        const first = follower({});
        const reader = told();
        reader.take(first.look(snapshotOf(model), lookerOf(model), names));
        const changed = new Set(meanwhile.flatMap((each) => each(model)));
        const again = follower({});
        const now = snapshotOf(model);
        again.adopt(now, lookerOf(model));
        if (again.sight() !== first.sight()) return;
        const about = changed.has("all" as Name) ? names : changed;
        const seen = again.seen(now, lookerOf(model), about);
        expect(seen.filter(({ show }) => show === "unknown")).toEqual([]);
        reader.take({ people: seen, gone: [] });
        expect(reader.had).toEqual(fresh(model));
      }),
    );
  });

  test("those asked for alone", () => {
    const model = begin();
    model.people.set("ben", entryOf("ben", { groups: ["team"] }));
    const now = snapshotOf(model);
    const found = (asked: Parameters<typeof follower>[0]) => {
      const one = follower(asked);
      return one.look(now, lookerOf(model), one.everybody(now)).people.map(({ localpart }) => localpart);
    };
    expect(found({ localparts: new Set(["ada", "nobody"]) })).toEqual(["ada"]);
    expect(found({ group: "team" })).toEqual(["ben"]);
    expect(found({ group: "team", localparts: new Set(["ada"]) })).toEqual([]);
  });
});
