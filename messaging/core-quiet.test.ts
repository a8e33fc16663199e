import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Element, x } from "../components/stanza.ts";
import { applyAdmin, checkAdmin } from "./core-admin.ts";
import { join, restoreOccupant } from "./core-entry.ts";
import { groupchat, reflect } from "./core-message.ts";
import { reconfigured } from "./core-owner.ts";
import { leave } from "./core-presence.ts";
import { revealSome } from "./core-quiet.ts";
import type { Effect, RoomState } from "./core-state.ts";
import { emptyRoom, enter, joinAs, ROOM, sentTo } from "./testkit.ts";

const OWNER = "owner@example.org/1";
const LISTENER = "listener@example.org/1";
const person = (n: number) => `p${n}@example.org/1`;

/** A room of an owner and an ordinary listener that keeps quiet from `quietFrom` people on, and what both were sent. */
function roomOf(quietFrom: number) {
  const room = emptyRoom("owner@example.org");
  room.config = { ...room.config, quietFrom };
  const log: Effect[] = [];
  const does = (effects: readonly Effect[]): readonly Effect[] => {
    log.push(...effects);
    return effects;
  };
  does(enter(room, OWNER, "Owner"));
  does(enter(room, LISTENER, "Listener"));
  return { room, does, got: (jid: string) => sentTo(log, jid) };
}

/** The nicks that somebody who got these stanzas believes to be inside. Throws when a stranger left. */
function believed(stanzas: readonly Element[]): Set<string> {
  const nicks = new Set<string>();
  for (const stanza of stanzas.filter(({ name }) => name === "presence")) {
    const nick = String(stanza.attrs.from).slice(ROOM.length + 1);
    if (stanza.attrs.type !== "unavailable") nicks.add(nick);
    else if (!nicks.delete(nick)) throw new Error(`${nick} left, of whom nobody had told`);
  }
  return nicks;
}

const say = (body: string) => x("message", { type: "groupchat", id: "1" }, x("body", {}, body));
const typing = x("message", { type: "groupchat" }, x("composing", { xmlns: "http://jabber.org/protocol/chatstates" }));

function speak(room: RoomState, jid: string): Effect[] {
  return groupchat(room, jid, say("Guten Tag"), 0).flatMap((effect) =>
    effect.do === "append" ? reflect(room, { seq: room.lastSeq + 1, ...effect.draft }) : [effect],
  );
}

const inside = (room: RoomState) => new Set([...room.occupants.values()].map(({ nick }) => nick));

describe("a large room", () => {
  test("shows newcomers who wrote lately, fifty at most, and tells who knows them when others leave", () => {
    const { room, does, got } = roomOf(3);
    for (let n = 0; n < 60; n += 1) does(enter(room, person(n), `P${n}`));
    for (let n = 0; n < 55; n += 1) does(speak(room, person(n)));
    does(enter(room, "late@example.org/1", "Late"));
    const speakers = Array.from({ length: 50 }, (_, n) => `P${n + 5}`);
    expect(believed(got("late@example.org/1"))).toEqual(new Set(["Owner", "Late", ...speakers]));
    for (let n = 0; n < 10; n += 1) does(leave(room, person(n), false));
    expect(believed(got("late@example.org/1")).size).toBe(2 + 45);
    expect(believed(got(LISTENER)).size).toBe(2 + 45);
  });

  test("tells all of moderators only, and moderators of everybody", () => {
    const { room, does, got } = roomOf(3);
    for (let n = 0; n < 5; n += 1) does(enter(room, person(n), `P${n}`));
    expect(believed(got(LISTENER))).toEqual(new Set(["Owner", "Listener", "P0"]));
    expect(believed(got(OWNER))).toEqual(inside(room));
    expect(believed(got(person(4)))).toEqual(new Set(["Owner", "P4"]));
  });

  test("says so to all when it begins, and to who comes later after the subject", () => {
    const { room, does, got } = roomOf(3);
    does(enter(room, person(0), "P0"));
    does(enter(room, person(1), "P1"));
    const bodies = (jid: string) =>
      got(jid)
        .filter(({ name }) => name === "message")
        .map((message) => message.getChildText("body") ?? "subject");
    expect(bodies(LISTENER)).toEqual(["subject", expect.stringContaining("groß")]);
    for (const late of [person(0), person(1)]) {
      expect(bodies(late)).toEqual(["subject", expect.stringContaining("groß")]);
    }
  });

  test("shows who writes, before the message", () => {
    const { room, does } = roomOf(3);
    for (let n = 0; n < 3; n += 1) does(enter(room, person(n), `P${n}`));
    const names = sentTo(speak(room, person(2)), LISTENER).map(({ name, attrs }) => [name, attrs.from]);
    expect(names).toEqual([
      ["presence", `${ROOM}/P2`],
      ["message", `${ROOM}/P2`],
    ]);
    expect(sentTo(speak(room, person(2)), LISTENER)).toHaveLength(1);
  });

  test("passes no typing of somebody of whom nobody was told", () => {
    const { room, does } = roomOf(3);
    for (let n = 0; n < 2; n += 1) does(enter(room, person(n), `P${n}`));
    expect(groupchat(room, person(1), typing, 0)).toEqual([]);
    expect(sentTo(groupchat(room, OWNER, typing, 0), LISTENER)).toHaveLength(1);
  });

  test("shows everybody to who becomes a moderator, and the new moderator to everybody", () => {
    const { room, does, got } = roomOf(3);
    for (let n = 0; n < 4; n += 1) does(enter(room, person(n), `P${n}`));
    const asker = { bare: "owner@example.org", occupant: room.bySession.get(OWNER) };
    does(applyAdmin(room, checkAdmin(room, asker, [{ nick: "P3", role: "moderator" }])));
    expect(believed(got(person(3)))).toEqual(inside(room));
    expect(believed(got(LISTENER))).toContain("P3");
  });

  test("stays as it was through a restart", () => {
    const { room, does } = roomOf(3);
    for (let n = 0; n < 3; n += 1) does(enter(room, person(n), `P${n}`));
    const after = emptyRoom("owner@example.org");
    after.config = room.config;
    for (const [jid, occupant] of room.bySession) {
      const { nick, bare, occupantId, role } = occupant;
      const entered = occupant.sessions.get(jid)?.entered ?? 0;
      const withheld = room.withheld.get(occupant) ?? null;
      restoreOccupant(after, { jid, bare: bare ?? "", nick, occupantId, role, presence: [], entered, withheld });
    }
    expect(after.quiet).toBe(true);
    expect(after.entries).toBe(room.entries);
    const limits = ({ withheld }: RoomState) => [...withheld].map(([{ nick }, before]) => [nick, before]);
    expect(limits(after)).toEqual(limits(room));
    expect(limits(after)).toEqual([
      ["Listener", 3],
      ["P0", 3],
      ["P1", 0],
      ["P2", 0],
    ]);
  });

  test("is loud again when its owner says so", () => {
    const { room, does, got } = roomOf(3);
    for (let n = 0; n < 4; n += 1) does(enter(room, person(n), `P${n}`));
    does(reconfigured(room, { ...room.config, quietFrom: 0 }));
    does(revealSome(room));
    expect(believed(got(LISTENER))).toEqual(inside(room));
  });
});

const step = fc.oneof(
  fc.record({ do: fc.constant("join" as const), who: fc.nat(9) }),
  fc.record({ do: fc.constant("leave" as const), who: fc.nat(9) }),
  fc.record({ do: fc.constant("speak" as const), who: fc.nat(9) }),
);

test("whatever people do, nobody hears a stranger leave, moderators know all, and all is told once the room is loud", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 60 }), (quietFrom, steps) => {
      const { room, does, got } = roomOf(quietFrom);
      for (const { do: what, who } of steps) {
        const jid = person(who);
        const here = room.bySession.has(jid);
        if (what === "join" && !here) does(join(room, joinAs(jid, `P${who}`)));
        else if (what === "leave") does(leave(room, jid, false));
        else if (what === "speak" && here) does(speak(room, jid));
        expect(believed(got(OWNER))).toEqual(inside(room));
        for (const nick of believed(got(LISTENER))) expect(inside(room)).toContain(nick);
      }
      for (let n = 0; n <= 9; n += 1) if (n % 3 > 0) does(leave(room, person(n), true));
      does(reconfigured(room, { ...room.config, quietFrom: 0 }));
      while (room.withheld.size > 0) does(revealSome(room));
      expect(believed(got(LISTENER))).toEqual(inside(room));
    }),
  );
});
