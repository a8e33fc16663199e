import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  availableDevices,
  type DevicePresence,
  forgetGone,
  MAX_DEVICES,
  nobody,
  type PersonState,
  type PresenceEvent,
  step,
} from "./core.ts";

const here = (fields: Partial<DevicePresence> = {}): DevicePresence => ({
  show: "online",
  status: null,
  priority: 0,
  idleSince: null,
  caps: null,
  ...fields,
});
const said = (version: number, resource: string, presence?: DevicePresence): PresenceEvent => ({
  version,
  resource,
  at: version * 1000,
  presence,
});
const apply = (events: readonly PresenceEvent[]): PersonState => events.reduce(step, nobody);
const resources = (events: readonly PresenceEvent[]) => availableDevices(apply(events)).map((each) => each.resource);

describe("what events make of a person", () => {
  test.each<[string, PresenceEvent[], string[]]>([
    ["nothing heard: away", [], []],
    ["available", [said(1, "phone", here())], ["phone"]],
    ["two devices", [said(1, "a", here()), said(2, "b", here({ priority: 1 }))], ["b", "a"]],
    ["one of two goes", [said(1, "a", here()), said(2, "b", here()), said(3, "a")], ["b"]],
    ["back again", [said(1, "a", here()), said(2, "a"), said(3, "a", here())], ["a"]],
    ["a late event does not bring back what went", [said(1, "b", here()), said(5, "a"), said(3, "a", here())], ["b"]],
    ["an event heard twice", [said(2, "a"), said(2, "a", here())], []],
    ["all go at once", [said(1, "a", here()), said(2, "b", here()), said(3, "")], []],
    ["who came after all went stays", [said(4, "b", here()), said(3, "")], ["b"]],
    ["what was before all went counts no more", [said(3, ""), said(2, "a", here())], []],
    ["nobody is available as a whole", [said(1, "", here())], []],
  ])("%s", (_name, events, expected) => {
    expect(resources(events)).toEqual(expected);
  });

  test.each<[string, DevicePresence, DevicePresence]>([
    ["the higher priority", here({ priority: 5, show: "xa" }), here({ priority: 1, show: "chat" })],
    ["a priority below zero comes last", here({ priority: 0, show: "xa" }), here({ priority: -1, show: "chat" })],
    ["with equal priority who wants to talk", here({ show: "chat" }), here()],
    ["who is there before who is busy", here(), here({ show: "dnd" })],
    ["who is busy before who is away", here({ show: "dnd" }), here({ show: "away" })],
    ["who is away before who is away for long", here({ show: "away" }), here({ show: "xa" })],
  ])("speaks for the person: %s", (_name, first, second) => {
    expect(resources([said(1, "first", first), said(2, "second", second)])).toEqual(["first", "second"]);
    expect(resources([said(1, "second", second), said(2, "first", first)])).toEqual(["first", "second"]);
  });

  test("of equals the one heard of last speaks", () => {
    expect(resources([said(1, "old", here()), said(2, "new", here())])).toEqual(["new", "old"]);
  });
});

// Few names and versions, so that they meet often; as many devices as are kept at most, of which the order is exact.
const event = fc.record({
  resource: fc.constantFrom("", "a", "b", "c", "d"),
  at: fc.constant(0),
  presence: fc.option(
    fc.record({
      show: fc.constantFrom("chat" as const, "dnd" as const),
      status: fc.constant(null),
      priority: fc.integer({ min: -1, max: 1 }),
      idleSince: fc.constant(null),
      caps: fc.constant(null),
    }),
    { nil: undefined },
  ),
});
// A version belongs to one event: it is given by arrival.
const history = fc
  .array(event, { maxLength: 20 })
  .map((list) => list.map((each, index) => ({ ...each, version: index + 1 })));

test("any order of the same events, however often each is heard, gives the same state", () => {
  const shuffled = history.chain((events) =>
    fc.tuple(
      fc.constant(events),
      fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2, maxLength: events.length * 2 }),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([events, mixed]) => {
      const sorted = (state: PersonState) => ({ ...state, devices: [...state.devices].sort() });
      expect(sorted(apply(mixed))).toEqual(sorted(apply(events)));
    }),
  );
});

test("a repeated event gives the very same state", () => {
  fc.assert(
    fc.property(history, (events) => {
      const state = apply(events);
      for (const each of events) expect(step(state, each)).toBe(state);
    }),
  );
});

test("a person keeps a bounded number of devices: those heard of last", () => {
  const many = Array.from({ length: 100 }, (_, index) => said(index + 1, `r${index}`, here()));
  const state = apply(many);
  const kept = availableDevices(state).map((each) => each.resource);
  expect(kept).toEqual(
    many
      .slice(-MAX_DEVICES)
      .map((each) => each.resource)
      .reverse(),
  );
});

test("devices that come and go do not crowd out one that stays, nor pile up", () => {
  const churn = Array.from({ length: 100 }, (_, index) => [
    said(2 * index + 2, `r${index}`, here()),
    said(2 * index + 3, `r${index}`),
  ]).flat();
  const state = apply([said(1, "stays", here()), ...churn]);
  expect(availableDevices(state).map((each) => each.resource)).toEqual(["stays"]);
  expect(state.devices.size).toBeLessThan(40);
});

describe("forgetting what went", () => {
  const state = apply([said(1, "gone"), said(2, "here", here())]);
  test("not at once", () => {
    expect(forgetGone(state, 1_000)).toBe(state);
  });
  test("after some minutes, keeping who is here", () => {
    const later = forgetGone(state, 1_000_000);
    expect([...(later?.devices.keys() ?? [])]).toEqual(["here"]);
  });
  test("nothing is left of who is away", () => {
    expect(forgetGone(apply([said(1, "gone")]), 1_000_000)).toBeUndefined();
  });
});
