import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { attr, type Element } from "../components/stanza.ts";
import { type Audience, audiences, defaultOwnVisibility, defaultPresenceRules, maySee } from "./core-visibility.ts";
import { nextEnd, type OwnSettings, type Told, type ToldPerson, toldOf, toSend } from "./core-visibility-feed.ts";

const now = Date.UTC(2026, 10, 30, 12);
const nothing: OwnSettings = { ...defaultOwnVisibility, away: null };

describe("what is told of a person", () => {
  test.each<[string, OwnSettings | undefined, boolean, ToldPerson | undefined]>([
    ["who has set nothing", undefined, false, undefined],
    ["who has set all as it is anyway", nothing, false, undefined],
    ["in a meeting", undefined, true, { show: "dnd" }],
    [
      "hidden, in a meeting",
      { ...nothing, audience: "nobody", hideTimes: true },
      true,
      { audience: "nobody", hideTimes: true, show: "dnd" },
    ],
    [
      // Midnight in Berlin ends the day before.
      "out of office until a midnight",
      { ...nothing, away: { until: Date.UTC(2026, 11, 12, 23), text: "Vertretung: Frau Meier" } },
      false,
      { status: "Nicht im Büro / Out of office – 12.12.2026: Vertretung: Frau Meier" },
    ],
    [
      "out of office until a moment of a day",
      { ...nothing, away: { until: Date.UTC(2026, 11, 13, 9), text: "Urlaub" } },
      false,
      { status: "Nicht im Büro / Out of office – 13.12.2026: Urlaub" },
    ],
    ["whose absence is over at this moment", { ...nothing, away: { until: now, text: "Urlaub" } }, false, undefined],
  ])("%s", (_name, own, inMeeting, told) => {
    expect(toldOf(own, inMeeting, now)).toEqual(told);
  });

  test("the next end of an absence", () => {
    const until = (at: number): OwnSettings => ({ ...nothing, away: { until: at, text: "x" } });
    expect(nextEnd([nothing, until(now + 5), until(now + 3), until(now)], now)).toBe(now + 3);
    expect(nextEnd([nothing, until(now)], now)).toBeUndefined();
  });
});

/** What a server makes of a request, as mod_kontor_visibility does. */
interface Server {
  rules: Record<string, string>;
  people: Map<string, Record<string, string>>;
  gathered: Map<string, Record<string, string>>;
}

function take(server: Server, request: Element): void {
  if (request.name === "rules") {
    const { xmlns, ...rules } = request.attrs;
    expect(xmlns).toBe("urn:kontor:visibility:1");
    server.rules = rules;
    return;
  }
  const named = request
    .getChildren("person")
    .map(({ attrs: { local, ...rest } }): [string, Record<string, string>] => [local, rest]);
  expect(named.length).toBeLessThanOrEqual(1_000);
  const part = attr(request, "part");
  const into = part === undefined ? server.people : server.gathered;
  if (part === "1") server.gathered.clear();
  for (const [local, rest] of named) {
    if (Object.keys(rest).length > 0) into.set(local, rest);
    else into.delete(local);
  }
  if (part !== undefined && part === attr(request, "parts")) server.people = new Map(server.gathered);
}

const asTold = ({ rules, people }: Told) => ({
  rules: { within: rules.within, partners: rules.partners, "hide-times": String(rules.hideTimes) },
  people: Object.fromEntries(
    [...people].map(([local, { hideTimes, ...rest }]) => [
      local,
      { ...rest, ...(hideTimes && { "hide-times": "true" }) },
    ]),
  ),
});
const asHeld = ({ rules, people }: Server) => ({ rules, people: Object.fromEntries(people) });
const empty = (): Server => ({ rules: {}, people: new Map(), gathered: new Map() });

const person: fc.Arbitrary<ToldPerson> = fc
  .record(
    {
      audience: fc.constantFrom(...audiences),
      hideTimes: fc.constant(true as const),
      show: fc.constant("dnd" as const),
      status: fc.constantFrom("Urlaub", "Krank"),
    },
    { requiredKeys: [] },
  )
  .filter((told) => Object.keys(told).length > 0);
const told: fc.Arbitrary<Told> = fc.record({
  rules: fc.record({
    within: fc.constantFrom(...audiences),
    partners: fc.constantFrom("everyone", "contacts", "nobody"),
    hideTimes: fc.boolean(),
  }),
  people: fc
    .dictionary(fc.constantFrom("anna", "bert", "cora", "dora"), person)
    .map((people) => new Map(Object.entries(people))),
});

test("whatever was told, the server holds what is wanted afterwards", () => {
  fc.assert(
    fc.property(fc.array(told, { minLength: 1, maxLength: 5 }), (states) => {
      const server = empty();
      let before: Told | undefined;
      for (const wanted of states) {
        for (const request of toSend(before, wanted)) take(server, request);
        expect(asHeld(server)).toEqual(asTold(wanted));
        before = wanted;
      }
      if (before) expect(toSend(before, before)).toEqual([]);
    }),
  );
});

test("on the way from one to the other nobody is seen by more people than before or after", () => {
  const viewers = [
    { kind: "tenant", contact: false, sharesGroup: false },
    { kind: "tenant", contact: true, sharesGroup: false },
    { kind: "tenant", contact: false, sharesGroup: true },
  ] as const;
  const seenBy = (within: Audience, audience: Audience | undefined) =>
    viewers.filter((viewer) =>
      maySee(viewer, { ...defaultPresenceRules, within }, { ...defaultOwnVisibility, audience: audience ?? null }),
    ).length;
  const audience = (text: string | undefined) => audiences.find((each) => each === text);
  fc.assert(
    fc.property(told, told, (before, after) => {
      const server = empty();
      for (const request of toSend(undefined, before)) take(server, request);
      for (const request of toSend(before, after)) {
        take(server, request);
        for (const local of ["anna", "bert", "cora", "dora"]) {
          const own = audience(server.people.get(local)?.audience);
          const is = seenBy(audience(server.rules.within) ?? "everyone", own);
          const bound = [before, after].map(({ rules, people }) => seenBy(rules.within, people.get(local)?.audience));
          expect(is).toBeLessThanOrEqual(Math.max(...bound));
          const hides = [before, after].every(({ rules, people }) => rules.hideTimes || people.get(local)?.hideTimes);
          if (!hides) continue;
          const held = [server.rules["hide-times"], server.people.get(local)?.["hide-times"]];
          expect(held).toContain("true");
        }
      }
    }),
  );
});

test("many people go in parts that follow each other", () => {
  const people = new Map(Array.from({ length: 1_001 }, (_, index) => [`p${index}`, { show: "dnd" } as const]));
  const requests = toSend(undefined, { rules: defaultPresenceRules, people });
  expect(requests.map((each) => [each.name, attr(each, "part"), attr(each, "parts")])).toEqual([
    ["people", "1", "3"],
    ["people", "2", "3"],
    ["people", "3", "3"],
    ["rules", undefined, undefined],
  ]);
  const server = empty();
  for (const request of requests) take(server, request);
  expect(server.people.size).toBe(1_001);
});
