import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { attr, x } from "../components/stanza.ts";
import { mucUser, NS_MUC_USER } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";
import { join } from "./core-entry.ts";
import { freeNick, setFarOccupants } from "./core-far.ts";
import { reconfigured } from "./core-owner.ts";
import { changePresence, leave, loseAll } from "./core-presence.ts";
import type { Effect, RoomState } from "./core-state.ts";
import { codeOf, emptyRoom, enter, joinAs, ROOM, sentTo, statusesOf } from "./testkit.ts";

describe("who may enter under which nick", () => {
  const room = emptyRoom("owner@example.org");
  room.memberships.set("banned@example.org", { affiliation: "outcast", nick: undefined, reason: undefined });
  enter(room, "anna@example.org/1", "Anna");
  test.each([
    ["a nick of somebody else", "bert@example.org/1", "Anna", "conflict"],
    ["the same nick in other case", "bert@example.org/1", "aNNA", "conflict"],
    ["the same nick composed otherwise (NFKC)", "bert@example.org/1", "Ａｎｎａ", "conflict"],
    ["an empty nick", "bert@example.org/1", " ", "not-acceptable"],
    ["a nick that turns the direction of text", "bert@example.org/1", "Be\u202ert", "not-acceptable"],
    ["a nick with a control character", "bert@example.org/1", "Be\u0007rt", "not-acceptable"],
    ["a nick beyond the limit", "bert@example.org/1", "b".repeat(129), "not-acceptable"],
    ["somebody who was banned", "banned@example.org/1", "Bert", "forbidden"],
  ])("%s", (_what, jid, nick, code) => {
    const before = [...room.bySession.keys()];
    expect(codeOf(() => join(room, joinAs(jid, nick)))).toBe(code);
    expect([...room.bySession.keys()]).toEqual(before);
  });

  test("the same person with a further device shares the nick", () => {
    expect(codeOf(() => enter(room, "anna@example.org/2", "Anna"))).toBe("no error");
    expect(room.occupants.size).toBe(1);
    leave(room, "anna@example.org/2", false);
    expect(room.occupants.size).toBe(1);
  });
});

test("who may enter: members of a closed room, who knows the password, and as many devices and people as fit", () => {
  const room = emptyRoom("owner@example.org");
  const entering = (jid: string, nick: string, password?: string) =>
    codeOf(() => join(room, { ...joinAs(jid, nick), password }));
  room.config = { ...room.config, membersOnly: true };
  expect(entering("bert@example.org/1", "Bert")).toBe("registration-required");
  room.memberships.set("bert@example.org", { affiliation: "member", nick: undefined, reason: undefined });
  room.config = { ...room.config, password: "Sesam" };
  expect([entering("bert@example.org/1", "Bert"), entering("bert@example.org/1", "Bert", "sesam")]).toEqual([
    "not-authorized",
    "not-authorized",
  ]);
  for (let device = 1; device <= 20; device += 1) {
    expect(entering(`bert@example.org/${device}`, "Bert", "Sesam")).toBe("no error");
  }
  expect(entering("bert@example.org/21", "Bert", "Sesam")).toBe("too-many");
  room.config = { ...room.config, membersOnly: false, password: "", maxOccupants: 1 };
  expect(entering("anna@example.org/1", "Anna")).toBe("service-unavailable");
  expect(entering("owner@example.org/1", "Chefin")).toBe("no error");
});

describe("a room that waits for its configuration (10.1.1, 10.1.3)", () => {
  const locked = () => {
    const room = emptyRoom("owner@example.org");
    room.locked = true;
    enter(room, "owner@example.org/1", "Chefin");
    return room;
  };

  test("is not there for others, and open once it is configured", () => {
    const room = locked();
    expect(codeOf(() => join(room, joinAs("bert@example.org/1", "Bert")))).toBe("not-found");
    reconfigured(room, room.config);
    expect(codeOf(() => join(room, joinAs("bert@example.org/1", "Bert")))).toBe("no error");
  });

  test("ends when its owner leaves, who is told so", () => {
    const room = locked();
    const effects = leave(room, "owner@example.org/1", false);
    expect(sentTo(effects, "owner@example.org/1")[0]?.toString()).toContain("<destroy/>");
    expect(effects.at(-1)).toEqual({ do: "end" });
  });

  test("ends when the owner's connection is lost, and stays while another device is here", () => {
    const room = locked();
    enter(room, "owner@example.org/2", "Chefin");
    expect(leave(room, "owner@example.org/1", false).map((effect) => effect.do)).not.toContain("end");
    expect(leave(room, "owner@example.org/2", true).at(-1)).toEqual({ do: "end" });
  });
});

test("a joining client sees the others, then itself, with the codes of XEP-0045 7.2.2", () => {
  const room = emptyRoom("owner@example.org");
  enter(room, "owner@example.org/1", "Chefin");
  const got = sentTo(join(room, joinAs("bert@example.org/1", "Bert")), "bert@example.org/1");
  expect(got.map((stanza) => stanza.attrs.from)).toEqual([`${ROOM}/Chefin`, `${ROOM}/Bert`]);
  const user = got[1]?.getChild("x", NS_MUC_USER);
  expect(user && mucUser.read(user)).toEqual({
    item: { affiliation: "none", role: "participant", jid: "bert@example.org/1" },
    statuses: [110, 170],
  });
});

test("who enters where nothing is archived is not told that it is (7.2.12)", () => {
  const room = emptyRoom("owner@example.org");
  const got = sentTo(join(room, { ...joinAs("bert@example.org/1", "Bert"), logged: false }), "bert@example.org/1");
  expect(statusesOf(got.at(-1))).toEqual([110]);
});

test("real addresses are for moderators only", () => {
  const room = emptyRoom("owner@example.org");
  enter(room, "owner@example.org/1", "Chefin");
  enter(room, "anna@example.org/1", "Anna");
  const effects = join(room, joinAs("bert@example.org/1", "Bert"));
  const jidSeenBy = (viewer: string) =>
    sentTo(effects, viewer)[0]?.getChild("x", NS_MUC_USER)?.getChild("item")?.attrs.jid;
  expect(jidSeenBy("owner@example.org/1")).toBe("bert@example.org/1");
  expect(jidSeenBy("anna@example.org/1")).toBeUndefined();
});

test("what only the room may say is taken out of a client's presence", () => {
  const room = emptyRoom();
  enter(room, "anna@example.org/1", "Anna");
  const forged = [
    x("x", { xmlns: NS_MUC_USER }, x("item", { affiliation: "owner", role: "moderator" })),
    x("occupant-id", { xmlns: "urn:xmpp:occupant-id:0", id: "somebody" }),
    x("hats", { xmlns: "urn:xmpp:hats:0" }, x("hat", { uri: "urn:x", title: "Amtsleitung" })),
    x("status", {}, "da"),
  ];
  const seen = sentTo(join(room, joinAs("bert@example.org/1", "Bert", forged)), "anna@example.org/1")[0];
  expect(seen?.getChildren("x", NS_MUC_USER)).toHaveLength(1);
  expect(seen?.getChild("hats")).toBeUndefined();
  expect(seen?.getChildren("occupant-id").map((each) => each.attrs.id)).toEqual(["id-of-bert@example.org"]);
  expect(seen?.getChildText("status")).toBe("da");
});

describe("people of other networks", () => {
  const link = { id: "link-1", network: "irc" };
  const kim = { id: "kim", nick: "kim", occupantId: "far-kim" };
  const hat = '<hat uri="urn:kontor:hat:irc" title="IRC"/>';

  test("come with a hat, change and go by the full list", () => {
    const room = emptyRoom();
    enter(room, "anna@example.org/1", "Anna");
    const came = sentTo(setFarOccupants(room, link, [kim]), "anna@example.org/1");
    expect(came.map((stanza) => stanza.attrs.from)).toEqual([`${ROOM}/kim`]);
    expect(came[0]?.toString()).toContain(hat);
    expect(setFarOccupants(room, link, [kim])).toEqual([]);
    const renamed = sentTo(setFarOccupants(room, link, [{ ...kim, nick: "kim2" }]), "anna@example.org/1");
    expect(renamed.map((stanza) => [stanza.attrs.from, stanza.attrs.type])).toEqual([
      [`${ROOM}/kim`, "unavailable"],
      [`${ROOM}/kim2`, undefined],
    ]);
    expect(sentTo(setFarOccupants(room, link, []), "anna@example.org/1")[0]?.attrs.type).toBe("unavailable");
    expect(room.occupants.size).toBe(1);
  });

  test("are away in their own words, and back", () => {
    const room = emptyRoom();
    enter(room, "anna@example.org/1", "Anna");
    const said = (away: string | null) =>
      sentTo(setFarOccupants(room, link, [{ ...kim, away }]), "anna@example.org/1").map((stanza) => [
        stanza.getChildText("show"),
        stanza.getChildText("status"),
      ]);
    expect(said("")).toEqual([["away", null]]);
    expect(said("Zu Tisch")).toEqual([["away", "Zu Tisch"]]);
    expect(said("Zu Tisch")).toEqual([]);
    const newcomer = sentTo(join(room, joinAs("bert@example.org/1", "Bert")), "bert@example.org/1");
    const ofKim = () => newcomer.find((stanza) => stanza.attrs.from === `${ROOM}/kim`);
    expect(ofKim()?.getChildText("status")).toBe("Zu Tisch");
    expect(said(null)).toEqual([[null, null]]);
    const later = sentTo(join(room, joinAs("cleo@example.org/1", "Cleo")), "cleo@example.org/1");
    expect(later.find((stanza) => stanza.attrs.from === `${ROOM}/kim`)?.getChild("show")).toBeUndefined();
  });

  test("never take a nick that somebody has, and those of another link stay", () => {
    const room = emptyRoom();
    enter(room, "anna@example.org/1", "Kim");
    setFarOccupants(room, { id: "other", network: "matrix" }, [{ ...kim, nick: "Bo", id: "bo" }]);
    setFarOccupants(room, link, [kim]);
    expect([...room.occupants.values()].map((occupant) => occupant.nick)).toEqual(["Kim", "Bo", "kim (2)"]);
    setFarOccupants(room, link, []);
    expect([...room.occupants.values()].map((occupant) => occupant.nick)).toEqual(["Kim", "Bo"]);
  });

  test("get a nick that can be shown, whatever they are called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (wanted) => {
        const nick = freeNick(emptyRoom(), wanted, undefined);
        expect(codeOf(() => join(emptyRoom(), joinAs("a@example.org/1", nick)))).toBe("no error");
      }),
    );
  });
});

/** What a client knows of a room, by the presence that it was sent. */
function follow(views: Map<string, Set<string>>, effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (effect.do !== "send" || effect.stanza.name !== "presence") continue;
    const nick = effect.stanza.attrs.from.slice(ROOM.length + 1);
    for (const jid of effect.to) {
      const view = views.get(jid) ?? new Set();
      views.set(jid, view);
      if (effect.stanza.attrs.type === "unavailable") view.delete(nick);
      else view.add(nick);
    }
  }
}

const people = ["anna@example.org/1", "anna@example.org/2", "bert@example.org/1", "carl@example.org/1"];
const nicks = ["A", "B", "b", "C"];
const op = fc.record({
  what: fc.constantFrom("join", "leave", "lost", "change", "far"),
  who: fc.constantFrom(...people),
  nick: fc.constantFrom(...nicks),
  far: fc.uniqueArray(fc.constantFrom(...nicks), { maxLength: 3 }),
});

test("whatever happens, everybody inside knows exactly who is there", () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 40 }), (ops) => {
      const room = emptyRoom("anna@example.org");
      const views = new Map<string, Set<string>>();
      for (const { what, who, nick, far } of ops) {
        const link = { id: "link", network: "irc" };
        const persons = far.map((each) => ({ id: each, nick: each, occupantId: each }));
        const work: Record<string, () => Effect[] | undefined> = {
          join: () => {
            if (!room.bySession.has(who)) views.delete(who);
            return enter(room, who, nick);
          },
          leave: () => leave(room, who, false),
          lost: () => leave(room, who, true),
          change: () => changePresence(room, { jid: who, nick, presence: [] }),
          far: () => setFarOccupants(room, link, persons),
        };
        const effects = attempt(() => work[what]?.());
        follow(views, effects);
        checkRoom(room);
        const inside = [...room.occupants.values()].map((occupant) => occupant.nick).sort();
        for (const jid of room.bySession.keys())
          expect([jid, [...(views.get(jid) ?? [])].sort()]).toEqual([jid, inside]);
      }
    }),
    { numRuns: 300 },
  );
});

/** A refusal changes nothing and tells nobody. */
function attempt(work: () => Effect[] | undefined): Effect[] {
  try {
    return work() ?? [];
  } catch (error) {
    if (error instanceof KontorError) return [];
    throw error;
  }
}

function checkRoom(room: RoomState): void {
  for (const [jid, occupant] of room.bySession) {
    expect(occupant.sessions.has(jid)).toBe(true);
    expect([...room.occupants.values()]).toContain(occupant);
  }
  for (const occupant of room.occupants.values()) {
    expect(occupant.far !== undefined || occupant.sessions.size > 0).toBe(true);
  }
}

test("who is lost at once is told of to those who remain, and not to one another", () => {
  const room = emptyRoom();
  const everybody = [0, 1, 2, 3, 4].map((n) => `p${n}@example.org/1`);
  for (const [n, jid] of everybody.entries()) enter(room, jid, `p${n}`);
  const [stays = "", ...gone] = everybody;
  const effects = loseAll(room, gone);
  expect([...room.bySession.keys()]).toEqual([stays]);
  const told = sentTo(effects, stays).map((stanza) => `${attr(stanza, "type")} ${attr(stanza, "from")}`);
  expect(told).toEqual([1, 2, 3, 4].map((n) => `unavailable ${ROOM}/p${n}`));
  for (const jid of gone) expect(sentTo(effects, jid)).toEqual([]);
  expect(effects.filter((effect) => effect.do === "send" && effect.to.length === 0)).toEqual([]);
  // Nobody is told when nobody remains, and a room that is not kept ends.
  expect(loseAll(room, [stays]).map((effect) => effect.do)).not.toContain("send");
});
