import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { availableDevices, type DevicePresence, MAX_DEVICES, nobody, type PersonState, step } from "./core.ts";
import { type Missed, missed, type Told } from "./core-reconcile.ts";

const now = 1_000_000;
const here = (fields: Partial<DevicePresence> = {}): DevicePresence => ({
  ...{ show: "online", status: null, priority: 0, idleSince: null, caps: null },
  ...fields,
});
const told = (resource: string, presence = here(), fields: Partial<Told> = {}): Told => ({
  ...{ resource, at: 500_000, presence, partial: false },
  ...fields,
});
const heard = (...devices: [string, DevicePresence | undefined][]): PersonState =>
  devices.reduce(
    (state, [resource, presence], index) => step(state, { resource, version: index + 1, at: 1, presence }),
    nobody,
  );
const gone = (resource: string): Missed => ({ resource, at: now, presence: undefined });
const came = (resource: string, presence = here()): Missed => ({ resource, at: 500_000, presence });

describe("what was missed", () => {
  test.each<[string, PersonState, Told[], Missed[]]>([
    ["nothing", heard(["a", here()]), [told("a")], []],
    ["nobody on either side", nobody, [], []],
    ["somebody came", nobody, [told("a")], [came("a")]],
    ["came again", heard(["a", here()], ["a", undefined]), [told("a")], [came("a")]],
    ["went", heard(["a", here()]), [], [gone("a")]],
    ["one of two went", heard(["a", here()], ["b", here()]), [told("b")], [gone("a")]],
    ["busy", heard(["a", here()]), [told("a", here({ show: "dnd" }))], [came("a", here({ show: "dnd" }))]],
    ["a status", heard(["a", here()]), [told("a", here({ status: "x" }))], [came("a", here({ status: "x" }))]],
    ["a stamp of whole seconds", heard(["a", here({ idleSince: 5_900 })]), [told("a", here({ idleSince: 5_000 }))], []],
    ["idle", heard(["a", here()]), [told("a", here({ idleSince: 5 }))], [came("a", here({ idleSince: 5 }))]],
    [
      "of one that is not told whole nothing",
      heard(["a", here()]),
      [told("a", here({ show: "xa" }), { partial: true })],
      [],
    ],
  ])("%s", (_name, state, list, expected) => {
    expect(missed(state, list, 100, true, now)).toEqual(expected);
  });

  test("what was heard after the question is newer than the answer", () => {
    const state = heard(["a", here()], ["b", undefined], ["c", here({ show: "away" })]);
    expect(missed(state, [told("b"), told("c")], 0, true, now)).toEqual([]);
    const all = step(state, { resource: "", version: 9, at: 1, presence: undefined });
    expect(missed(all, [told("d")], 8, true, now)).toEqual([]);
  });

  test("of whom not all sessions were told nobody goes", () => {
    expect(missed(heard(["a", here()]), [], 100, false, now)).toEqual([]);
  });

  test("who has more devices than are kept does not churn", () => {
    const list = Array.from({ length: 100 }, (_, index) => told(`r${index}`));
    const first = missed(nobody, list, 0, true, now);
    expect(first).toHaveLength(MAX_DEVICES);
    const state = first.reduce((each, event, index) => step(each, { ...event, version: index + 1 }), nobody);
    expect(missed(state, list, 100, true, now)).toEqual([]);
  });
});

const device = fc.record({
  resource: fc.constantFrom("a", "b", "c", "d"),
  presence: fc.record({
    show: fc.constantFrom("online" as const, "dnd" as const),
    status: fc.constantFrom(null, "x"),
    priority: fc.integer({ min: 0, max: 1 }),
    idleSince: fc.constant(null),
    caps: fc.constant(null),
  }),
});

test("after making up for what was missed, a person is as told, and nothing is missed any more", () => {
  const events = fc.array(fc.tuple(device, fc.boolean()), { maxLength: 12 });
  const sessions = fc.uniqueArray(device, { selector: (each) => each.resource });
  fc.assert(
    fc.property(events, sessions, (past, present) => {
      const state = heard(
        ...past.map(
          ([each, is]) => [each.resource, is ? each.presence : undefined] as [string, DevicePresence | undefined],
        ),
      );
      const list = present.map((each) => told(each.resource, each.presence));
      const after = missed(state, list, 100, true, now).reduce(
        (each, event, index) => step(each, { ...event, version: 101 + index }),
        state,
      );
      const shown = availableDevices(after).map(({ resource, show, status, priority }) => ({
        resource,
        show,
        status,
        priority,
      }));
      const wanted = present.map(({ resource, presence: { show, status, priority } }) => ({
        resource,
        show,
        status,
        priority,
      }));
      const byName = (one: { resource: string }, other: { resource: string }) =>
        one.resource < other.resource ? -1 : 1;
      expect(shown.sort(byName)).toEqual(wanted.sort(byName));
      expect(missed(after, list, 1_000, true, now)).toEqual([]);
    }),
  );
});
