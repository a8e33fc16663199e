import { describe, expect, test } from "@jest/globals";
import type { MucItem } from "../components/xep/xep-0045-muc.ts";
import { mucUser, NS_MUC_USER } from "../components/xep/xep-0045-muc.ts";
import { type Asker, adminList, applyAdmin, checkAdmin } from "./core-admin.ts";
import { configured } from "./core-config.ts";
import { type Effect, nickKey, type RoomState } from "./core-state.ts";
import { codeOf, emptyRoom, enter, sentTo, statusesOf } from "./testkit.ts";

const people = ["owner", "second", "admin", "member", "guest", "other"] as const;
const jidOf = (name: string) => `${name}@example.org`;

/** A room in which everybody is, under the own name as nick. */
function world(): RoomState {
  const room = emptyRoom(jidOf("owner"));
  const tie = (name: string, affiliation: "owner" | "admin" | "member") =>
    room.memberships.set(jidOf(name), { affiliation, nick: undefined, reason: undefined });
  tie("admin", "admin");
  tie("member", "member");
  for (const name of people) enter(room, `${jidOf(name)}/1`, name);
  return room;
}

const asker = (room: RoomState, name: string): Asker => ({
  bare: jidOf(name),
  occupant: room.occupants.get(nickKey(name)),
});
const ask = (room: RoomState, name: string, ...items: MucItem[]): Effect[] =>
  applyAdmin(room, checkAdmin(room, asker(room, name), items));

describe("who may change what (clauses of XEP-0045)", () => {
  test.each<[string, string, MucItem, string]>([
    ["8.2 an administrator kicks", "admin", { nick: "guest", role: "none" }, "no error"],
    ["8.2 a guest kicks nobody", "guest", { nick: "other", role: "none" }, "forbidden"],
    ["8.2 an administrator kicks no owner", "admin", { nick: "owner", role: "none" }, "not-allowed"],
    ["8.2 nobody of that nick", "admin", { nick: "nobody", role: "none" }, "not-found"],
    ["8.2 without a nick", "admin", { role: "none" }, "bad-request"],
    ["8.3 voice is given", "admin", { nick: "guest", role: "participant" }, "no error"],
    ["8.4 voice is taken", "admin", { nick: "guest", role: "visitor" }, "no error"],
    ["8.4 an owner keeps the voice", "admin", { nick: "owner", role: "visitor" }, "not-allowed"],
    ["9.1 an administrator bans", "admin", { jid: jidOf("guest"), affiliation: "outcast" }, "no error"],
    ["9.1 a member bans nobody", "member", { jid: jidOf("guest"), affiliation: "outcast" }, "forbidden"],
    ["9.1 nobody bans himself", "admin", { jid: jidOf("admin"), affiliation: "outcast" }, "conflict"],
    ["9.1 an administrator bans no owner", "admin", { jid: jidOf("owner"), affiliation: "outcast" }, "not-allowed"],
    ["9.1 a whole domain", "admin", { jid: "spam.example", affiliation: "outcast" }, "no error"],
    ["9.3 membership is given", "admin", { jid: jidOf("guest"), affiliation: "member" }, "no error"],
    ["9.3 not to a whole domain", "admin", { jid: "spam.example", affiliation: "member" }, "not-acceptable"],
    ["9.3 with a reserved nick", "admin", { jid: jidOf("guest"), affiliation: "member", nick: "G" }, "no error"],
    ["9.4 membership is taken", "admin", { jid: jidOf("member"), affiliation: "none" }, "no error"],
    ["9.6 moderators are named", "admin", { nick: "guest", role: "moderator" }, "no error"],
    ["9.6 not by a guest", "guest", { nick: "other", role: "moderator" }, "forbidden"],
    ["9.7 an owner stays moderator", "admin", { nick: "owner", role: "participant" }, "not-allowed"],
    ["10.3 owners name owners", "owner", { jid: jidOf("guest"), affiliation: "owner" }, "no error"],
    ["10.3 administrators do not", "admin", { jid: jidOf("guest"), affiliation: "owner" }, "forbidden"],
    ["10.4 the last owner stays", "owner", { jid: jidOf("owner"), affiliation: "admin" }, "conflict"],
    ["10.6 owners name administrators", "owner", { jid: jidOf("guest"), affiliation: "admin" }, "no error"],
    ["10.6 administrators do not", "admin", { jid: jidOf("guest"), affiliation: "admin" }, "forbidden"],
    ["10.7 an administrator is no other one's", "admin", { jid: jidOf("admin"), affiliation: "none" }, "not-allowed"],
    ["an address that is none", "admin", { jid: "a@b@c", affiliation: "member" }, "jid-malformed"],
    ["neither role nor affiliation", "admin", { jid: jidOf("guest") }, "bad-request"],
    ["both at once", "admin", { nick: "guest", role: "none", affiliation: "none" }, "bad-request"],
  ])("%s", (_clause, who, item, code) => {
    const room = world();
    expect(codeOf(() => ask(room, who, item))).toBe(code);
  });
});

test("9.6 a moderator who is no administrator names no other one", () => {
  const room = world();
  ask(room, "admin", { nick: "other", role: "moderator" });
  expect(codeOf(() => ask(room, "other", { nick: "guest", role: "visitor" }))).toBe("no error");
  expect(codeOf(() => ask(room, "other", { nick: "guest", role: "moderator" }))).toBe("forbidden");
});

test("9.3 nobody gets the nick, or one that looks like it, that is reserved for somebody else", () => {
  const room = world();
  ask(room, "admin", { jid: jidOf("guest"), affiliation: "member", nick: "Tom" });
  for (const nick of ["Tom", "tom", "T\u043em"]) {
    const item: MucItem = { jid: jidOf("other"), affiliation: "member", nick };
    expect(codeOf(() => ask(room, "admin", item))).toBe("conflict");
  }
  expect(codeOf(() => ask(room, "admin", { jid: jidOf("guest"), affiliation: "member", nick: "tom" }))).toBe(
    "no error",
  );
});

test("a room has so many members at most", () => {
  const room = world();
  for (let number = room.memberships.size; number < 20_000; number += 1) {
    room.memberships.set(`m${number}@example.org`, { affiliation: "member", nick: undefined, reason: undefined });
  }
  expect(codeOf(() => ask(room, "owner", { jid: jidOf("guest"), affiliation: "member" }))).toBe("too-many");
  expect(codeOf(() => ask(room, "owner", { jid: jidOf("member"), affiliation: "admin" }))).toBe("no error");
});

test("a list of changes is done as a whole or not at all", () => {
  const room = world();
  const items: MucItem[] = [
    { jid: jidOf("guest"), affiliation: "outcast" },
    { jid: jidOf("owner"), affiliation: "outcast" },
  ];
  expect(codeOf(() => ask(room, "admin", ...items))).toBe("not-allowed");
  expect(room.occupants.has("guest")).toBe(true);
  expect(room.memberships.has(jidOf("guest"))).toBe(false);
});

test("two owners cannot take away each other in one list", () => {
  const room = world();
  ask(room, "owner", { jid: jidOf("second"), affiliation: "owner" });
  const items: MucItem[] = [
    { jid: jidOf("owner"), affiliation: "none" },
    { jid: jidOf("second"), affiliation: "none" },
  ];
  expect(codeOf(() => ask(room, "owner", ...items))).toBe("conflict");
});

const seen = (effects: readonly Effect[], name: string) =>
  sentTo(effects, `${jidOf(name)}/1`).flatMap((stanza) => {
    const element = stanza.getChild("x", NS_MUC_USER);
    return element ? [{ type: stanza.attrs.type, from: stanza.attrs.from, ...mucUser.read(element) }] : [];
  });

describe("what is told", () => {
  test("a kick: 307 with who and why, 110 to the one who goes, who is out on all devices", () => {
    const room = world();
    enter(room, `${jidOf("guest")}/2`, "guest");
    const effects = ask(room, "admin", { nick: "guest", role: "none", reason: "Ruhe" });
    const item = { affiliation: "none", role: "none", reason: "Ruhe", actor: { nick: "admin" } };
    expect(seen(effects, "other")).toMatchObject([{ type: "unavailable", statuses: [307], item }]);
    expect(seen(effects, "guest")).toMatchObject([{ type: "unavailable", statuses: [307, 110], item }]);
    expect(sentTo(effects, `${jidOf("guest")}/2`)).toHaveLength(1);
    expect(room.bySession.has(`${jidOf("guest")}/2`)).toBe(false);
  });

  test("a ban: 301, and the way back is closed", () => {
    const room = world();
    const effects = ask(room, "owner", { jid: jidOf("guest"), affiliation: "outcast" });
    expect(seen(effects, "other")).toMatchObject([{ statuses: [301], item: { affiliation: "outcast", role: "none" } }]);
    expect(codeOf(() => enter(room, `${jidOf("guest")}/1`, "guest"))).toBe("forbidden");
  });

  test("a ban of a domain reaches all who are here from it", () => {
    const room = emptyRoom(jidOf("owner"));
    enter(room, `${jidOf("owner")}/1`, "owner");
    enter(room, "a@far.example/1", "a");
    enter(room, "b@far.example/1", "b");
    ask(room, "owner", { jid: "far.example", affiliation: "outcast" });
    expect([...room.occupants.keys()]).toEqual(["owner"]);
    expect(codeOf(() => enter(room, "c@far.example/1", "c"))).toBe("forbidden");
  });

  test("membership taken in a room for members: 321; elsewhere the occupant stays", () => {
    const room = world();
    const stays = ask(room, "owner", { jid: jidOf("member"), affiliation: "none" });
    expect(seen(stays, "other")).toMatchObject([{ statuses: [], item: { affiliation: "none", role: "participant" } }]);
    const closed = world();
    closed.config = configured(closed.config, {
      type: "submit",
      fields: [{ var: "muc#roomconfig_membersonly", values: ["1"] }],
    });
    const goes = ask(closed, "owner", { jid: jidOf("member"), affiliation: "none" });
    expect(seen(goes, "member")).toMatchObject([{ type: "unavailable", statuses: [321, 110] }]);
  });

  test("an administrator who is named becomes moderator, and loses the role with the rank", () => {
    const room = world();
    ask(room, "owner", { jid: jidOf("guest"), affiliation: "admin" });
    expect(room.occupants.get("guest")).toMatchObject({ affiliation: "admin", role: "moderator" });
    ask(room, "owner", { jid: jidOf("guest"), affiliation: "member" });
    expect(room.occupants.get("guest")).toMatchObject({ affiliation: "member", role: "participant" });
  });

  test("of somebody who is not here, only who may know addresses is told", () => {
    const room = world();
    const effects = ask(room, "owner", { jid: "far@example.org", affiliation: "member" });
    expect(seen(effects, "admin")).toMatchObject([{ item: { jid: "far@example.org", affiliation: "member" } }]);
    expect(seen(effects, "guest")).toEqual([]);
    expect(sentTo(effects, "far@example.org").map(statusesOf)).toEqual([[101]]);
  });
});

describe("lists", () => {
  test.each<[string, string, MucItem, string]>([
    ["administrators read the banned", "admin", { affiliation: "outcast" }, "no error"],
    ["guests do not", "guest", { affiliation: "outcast" }, "forbidden"],
    ["guests read no members where addresses are hidden", "guest", { affiliation: "member" }, "forbidden"],
    ["moderators read roles", "admin", { role: "participant" }, "no error"],
    ["guests do not", "guest", { role: "participant" }, "forbidden"],
    ["one must say which", "admin", {}, "bad-request"],
  ])("%s", (_what, who, wanted, code) => {
    const room = world();
    expect(codeOf(() => adminList(room, asker(room, who), wanted))).toBe(code);
  });

  test("where addresses are seen anyway, occupants read who is a member", () => {
    const room = world();
    room.config = { ...room.config, whois: "anyone" };
    expect(adminList(room, asker(room, "guest"), { affiliation: "member" })).toEqual([
      { affiliation: "member", jid: jidOf("member") },
    ]);
    expect(codeOf(() => adminList(room, asker(room, "guest"), { affiliation: "outcast" }))).toBe("forbidden");
    room.config = { ...room.config, memberListRoles: ["moderator"] };
    expect(codeOf(() => adminList(room, asker(room, "guest"), { affiliation: "member" }))).toBe("forbidden");
  });
});
