import { describe, expect, it } from "@jest/globals";
import { inGroups, lookFor, nothingTold, type PersonPresence, sinceOf, stateOf, withEvents } from "./presence.ts";

const person = (localpart: string, change: Partial<PersonPresence> = {}): PersonPresence => ({
  ...{ localpart, jid: `${localpart}@amt.example`, name: `Person ${localpart}`, groups: [], available: false },
  ...{ show: "offline", status: null, since: null, idleSince: null, mobileOnly: false },
  ...{ meeting: null, outOfOffice: null },
  ...change,
});
const away = { until: "2026-12-24T00:00:00.000Z", text: "Urlaub" };
const [early, late] = ["2026-01-01T08:00:00.000Z", "2026-01-01T09:00:00.000Z"];

describe("how somebody is", () => {
  it.each<[string, Partial<PersonPresence>, string, string | null]>([
    ["on a device", { show: "online", since: early }, "here", early],
    ["free for a chat", { show: "chat", since: early }, "here", early],
    ["on a device while out of office", { show: "online", since: early, outOfOffice: away }, "here", early],
    ["not to be disturbed", { show: "dnd", since: early }, "busy", early],
    ["in a meeting", { show: "dnd", since: early, meeting: { since: late } }, "meeting", late],
    ["in a meeting with times hidden", { show: "dnd", meeting: { since: null } }, "meeting", null],
    ["away", { show: "away", since: early }, "away", early],
    ["away and idle", { show: "xa", since: early, idleSince: late }, "away", late],
    ["away and out of office", { show: "away", since: early, outOfOffice: away }, "outOfOffice", null],
    ["out of office", { outOfOffice: away }, "outOfOffice", null],
    ["out of office while the server is not heard", { show: "unknown", outOfOffice: away }, "outOfOffice", null],
    ["not signed in", {}, "offline", null],
    ["not shown", { show: "unknown" }, "unknown", null],
  ])("%s", (_name, change, state, since) => {
    const one = person("ada", change);
    expect([stateOf(one), sinceOf(one)]).toEqual([state, since]);
  });
});

describe("what is told", () => {
  const event = (kind: string, data: object) => ({ id: "", kind, data });

  it("begins anew with a reset, and keeps who is not told of again", () => {
    const first = withEvents(nothingTold, [
      event("state", { since: early }),
      event("reset", {}),
      event("people", { people: [person("ada"), person("ben")] }),
    ]);
    expect([[...first.people.keys()], first.heard, first.begun]).toEqual([["ada", "ben"], true, true]);
    const next = withEvents(first, [
      event("people", { people: [person("ben", { show: "online" }), person("cem")] }),
      event("gone", { localparts: ["ada"] }),
      event("something-new", { a: 1 }),
    ]);
    expect([[...next.people.keys()], next.people.get("ben")?.show]).toEqual([["ben", "cem"], "online"]);
    expect([...first.people.keys()]).toEqual(["ada", "ben"]);
    const last = withEvents(next, [event("state", { since: null }), event("reset", {})]);
    expect([last.people.size, last.heard, last.begun]).toEqual([0, false, true]);
  });
});

describe("who is looked for", () => {
  const people = [
    person("zoe", { name: "Zoë Ärmel", show: "online", groups: ["g"] }),
    person("ada", { name: "ada lovelace", show: "online", outOfOffice: away, groups: ["g", "h"] }),
    person("ben", { name: "Ben 10" }),
    person("ben2", { name: "Ben 9", show: "unknown", groups: ["deleted"] }),
  ];
  const names = (wanted: Partial<Parameters<typeof lookFor>[1]>) =>
    lookFor(people, { text: "", state: "", group: "", ...wanted }, "de").found.map(({ localpart }) => localpart);

  it.each<[Parameters<typeof names>[0], string[]]>([
    [{}, ["ada", "ben2", "ben", "zoe"]],
    [{ text: " BEN " }, ["ben2", "ben"]],
    [{ text: "love ada" }, ["ada"]],
    [{ state: "here" }, ["ada", "zoe"]],
    [{ state: "outOfOffice" }, ["ada"]],
    [{ state: "unknown" }, ["ben2"]],
    [{ group: "g", text: "zoe" }, ["zoe"]],
    [{ group: "h", state: "offline" }, []],
  ])("%j", (wanted, expected) => {
    expect(names(wanted)).toEqual(expected);
  });

  it("counts by state, whatever state is chosen", () => {
    const { counts, all } = lookFor(people, { text: "", state: "away", group: "" }, "de");
    expect([counts, all]).toEqual([
      { here: 2, meeting: 0, busy: 0, away: 0, outOfOffice: 1, offline: 1, unknown: 1 },
      4,
    ]);
  });

  it("stands in each of the own groups, or behind them all", () => {
    const groups = ["g", "h", "empty"].map((id) => ({ id, name: id.toUpperCase() }));
    const shown = inGroups(people, groups).map(({ group, people: members }) => [
      group?.name,
      members.map(({ localpart }) => localpart),
    ]);
    expect(shown).toEqual([
      ["G", ["zoe", "ada"]],
      ["H", ["ada"]],
      [undefined, ["ben", "ben2"]],
    ]);
  });
});
