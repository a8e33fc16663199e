import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ConferenceChange, ConferencePage } from "./conference-feed.ts";
import { forgetFeed, meetingSince, silentFeed, takeChange, takePage } from "./core-meetings.ts";

const change = (seq: number, fields: Partial<ConferenceChange> = {}): ConferenceChange => ({
  epoch: "e",
  seq,
  room: "r",
  since: 10,
  joined: [],
  left: [],
  ...fields,
});
const page = (seq: number, fields: Partial<ConferencePage> = {}): ConferencePage => ({
  epoch: "e",
  seq,
  conferences: [],
  more: false,
  ...fields,
});
const inside = (local: string, since: number) => ({ local, since });

describe("who is in a meeting", () => {
  test("who waits alone is in none, and both are since the second came", () => {
    const feed = silentFeed();
    takePage(feed, page(0), true);
    expect(takeChange(feed, change(1, { since: null, joined: [inside("anna", 5)] })).ask).toBe(false);
    expect(meetingSince(feed, "anna")).toBeNull();
    const { people } = takeChange(feed, change(2, { joined: [inside("bert", 10)] }));
    expect([...people].sort()).toEqual(["anna", "bert"]);
    expect([meetingSince(feed, "anna"), meetingSince(feed, "bert")]).toEqual([10, 10]);
    takeChange(feed, change(3, { joined: [inside("cleo", 30)] }));
    expect(meetingSince(feed, "cleo")).toBe(30);
    takeChange(feed, change(4, { since: null, left: ["bert", "cleo"] }));
    expect([meetingSince(feed, "anna"), meetingSince(feed, "bert")]).toEqual([null, null]);
  });

  test("with a guest, whom the feed does not name", () => {
    const feed = silentFeed();
    takePage(feed, page(1, { conferences: [{ room: "r", since: 20, people: [inside("anna", 5)] }] }), true);
    expect(meetingSince(feed, "anna")).toBe(20);
  });

  test("in two, until both are left", () => {
    const feed = silentFeed();
    takePage(feed, page(0), true);
    takeChange(feed, change(1, { joined: [inside("anna", 10)] }));
    takeChange(feed, change(2, { room: "s", since: 20, joined: [inside("anna", 20)] }));
    expect(meetingSince(feed, "anna")).toBe(10);
    takeChange(feed, change(3, { since: null, left: ["anna"] }));
    expect(meetingSince(feed, "anna")).toBe(20);
    takeChange(feed, change(4, { room: "s", since: null, left: ["anna"] }));
    expect(meetingSince(feed, "anna")).toBeNull();
    expect([...feed.conferences]).toEqual([]);
  });

  test("nobody any more when the feed is dead", () => {
    const feed = silentFeed();
    takeChange(feed, change(1, { joined: [inside("anna", 10)] }));
    expect([...forgetFeed(feed).people]).toEqual(["anna"]);
    expect(meetingSince(feed, "anna")).toBeNull();
  });
});

describe("what is not in order", () => {
  test("a repeated change and one that comes late change nothing", () => {
    const feed = silentFeed();
    takePage(feed, page(0), true);
    const joined = change(1, { joined: [inside("anna", 10)] });
    takeChange(feed, joined);
    takeChange(feed, change(2, { since: null, left: ["anna"] }));
    expect(takeChange(feed, joined)).toEqual({ people: new Set(), ask: false });
    expect(meetingSince(feed, "anna")).toBeNull();
  });

  test("a gap is asked about, and so is a change of another epoch, which ends what was known", () => {
    const feed = silentFeed();
    takePage(feed, page(0), true);
    takeChange(feed, change(1, { joined: [inside("anna", 10)] }));
    expect(takeChange(feed, change(3, { joined: [inside("bert", 10)] })).ask).toBe(true);
    const other = takeChange(feed, change(1, { epoch: "f", room: "s", joined: [inside("cleo", 10)] }));
    expect(other.ask).toBe(true);
    expect([...other.people].sort()).toEqual(["anna", "bert", "cleo"]);
    expect([meetingSince(feed, "anna"), meetingSince(feed, "cleo")]).toEqual([null, 10]);
  });

  test("an answer takes out what it does not know, but not what began while its pages came", () => {
    const feed = silentFeed();
    takeChange(feed, change(1, { room: "lost", joined: [inside("anna", 10)] }));
    const first = { room: "b", since: 10, people: [inside("bert", 10)] };
    takePage(feed, page(4, { conferences: [first], more: true }), true);
    takeChange(feed, change(5, { room: "a", joined: [inside("cleo", 10)] }));
    takePage(feed, page(5), false);
    expect(["anna", "bert", "cleo"].map((each) => meetingSince(feed, each))).toEqual([null, 10, 10]);
  });

  test("an answer that changes have overtaken, or whose pages do not belong together, is asked for anew", () => {
    const feed = silentFeed();
    takeChange(feed, change(3, { joined: [inside("anna", 10)] }));
    expect(takePage(feed, page(2), true).ask).toBe(true);
    expect(meetingSince(feed, "anna")).toBe(10);
    takePage(feed, page(3, { more: true }), true);
    expect(takePage(feed, page(0, { epoch: "f" }), false).ask).toBe(true);
    expect(takePage(feed, page(4), false).ask).toBe(true);
    expect(takePage(feed, page(0, { epoch: "f" }), true).ask).toBe(false);
    expect(meetingSince(feed, "anna")).toBeNull();
  });
});

/** A server with its conferences, whose messages may be lost, repeated and swapped. */
test("whatever became of the messages, after an answer the feed is what the server has", () => {
  const names = ["anna", "bert", "cleo"];
  const step = fc.record({
    room: fc.constantFrom("q", "r", "s"),
    local: fc.constantFrom(...names),
    fate: fc.constantFrom("sent", "sent", "lost", "twice", "late", "restart", "asked"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, pageSize) => {
      const feed = silentFeed();
      const rooms = new Map<string, Map<string, number>>();
      let [epoch, seq, at] = [0, 0, 0];
      let late: ConferenceChange | undefined;
      const sinceOf = (room: string) => {
        const joins = [...(rooms.get(room)?.values() ?? [])].sort((a, b) => a - b);
        return joins[1] ?? null;
      };
      const answer = () => {
        const all = [...rooms].filter(([, people]) => people.size > 0).sort(([a], [b]) => (a < b ? -1 : 1));
        for (let start = 0; start === 0 || start < all.length; start += pageSize) {
          const conferences = all.slice(start, start + pageSize).map(([room, people]) => ({
            room,
            since: sinceOf(room),
            people: [...people].map(([local, since]) => inside(local, since)),
          }));
          const more = start + pageSize < all.length;
          expect(takePage(feed, { epoch: String(epoch), seq, conferences, more }, start === 0).ask).toBe(false);
        }
      };
      for (const { room, local, fate } of steps) {
        at += 1;
        if (fate === "restart") {
          [epoch, seq] = [epoch + 1, 0];
          rooms.clear();
        }
        const people = rooms.get(room) ?? new Map<string, number>();
        rooms.set(room, people);
        const leaves = people.delete(local);
        if (!leaves) people.set(local, at);
        seq += 1;
        const told: ConferenceChange = {
          epoch: String(epoch),
          seq,
          room,
          since: sinceOf(room),
          joined: leaves ? [] : [inside(local, at)],
          left: leaves ? [local] : [],
        };
        if (fate === "late") late = told;
        else if (fate !== "lost") takeChange(feed, told);
        if (fate === "twice") takeChange(feed, told);
        if (late && fate === "sent") {
          takeChange(feed, late);
          late = undefined;
        }
        if (fate === "asked" && feed.epoch === String(epoch)) answer();
      }
      answer();
      for (const local of names) {
        const expected = [...rooms].flatMap(([room, people]) => {
          const [joined, since] = [people.get(local), sinceOf(room)];
          return joined === undefined || since === null ? [] : [Math.max(joined, since)];
        });
        expect(meetingSince(feed, local)).toBe(expected.length === 0 ? null : Math.min(...expected));
      }
      expect([...feed.conferences.keys()].sort()).toEqual(
        [...rooms].flatMap(([room, people]) => (people.size > 0 ? [room] : [])).sort(),
      );
    }),
  );
});
