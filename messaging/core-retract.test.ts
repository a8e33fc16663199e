import { describe, expect, test } from "@jest/globals";
import { type Element, parseXml, x } from "../components/stanza.ts";
import { groupchat, withArchiveId } from "./core-message.ts";
import { moderation, requireErasable, retraction, versionsOf } from "./core-retract.ts";
import type { LogDraft, RoomState } from "./core-state.ts";
import type { LogEntry } from "./log.ts";
import { codeOf, emptyRoom, enter, ROOM } from "./testkit.ts";

const ANNA = "anna@example.org/1";
const BERT = "bert@example.org/1";
const NOW = Date.parse("2026-11-25T10:00:00Z");
const STAMP = "2026-11-25T10:00:00.000Z";

function message(inner: string, id = "m1"): Element {
  const stream = parseXml(
    `<stream xmlns="jabber:component:accept"><message id="${id}" type="groupchat">${inner}</message></stream>`,
  );
  return stream.getChild("message") ?? stream;
}

function roomOfTwo(): RoomState {
  const room = emptyRoom("anna@example.org");
  enter(room, ANNA, "Anna");
  enter(room, BERT, "Bert");
  return room;
}

function draftOf(room: RoomState, session: string, inner: string, id?: string): LogDraft {
  const [effect] = groupchat(room, session, message(inner, id), NOW);
  if (effect?.do !== "append") throw new Error("nothing is to be stored");
  return effect.draft;
}

let seq = 0;
function logged(room: RoomState, session: string, inner: string, id?: string): LogEntry {
  seq += 1;
  const { sender, nick, occupantId, stanza, body = null } = draftOf(room, session, inner, id);
  const archiveId = `0192f0c5-7d8c-7b6e-8d3a-00000000${String(seq).padStart(4, "0")}`;
  const text = withArchiveId(stanza, archiveId, room).toString();
  const at = new Date(NOW);
  return { seq, id: archiveId, at, sender, nick, occupantId, origin: null, originRef: null, stanza: text, body };
}

const alone = (target: LogEntry) => ({ target, family: [] });
const RETRACT = '<retract xmlns="urn:xmpp:message-retract:1" id="x"/><body>fallback</body>';
const OOB = '<x xmlns="jabber:x:oob"><url>https://files.example/secret</url></x>';

describe("by the author", () => {
  test("the tombstone keeps who and which, and nothing of what was said", () => {
    const room = roomOfTwo();
    const target = logged(room, BERT, `<body>secret</body>${OOB}<subject>secret</subject><secret xmlns="urn:secret"/>`);
    const draft = retraction(draftOf(room, BERT, RETRACT, "r1"), alone(target), NOW);
    const tombstone = parseXml(draft.erasure?.messages[0]?.tombstone ?? "");
    expect(tombstone.toString()).not.toContain("secret");
    expect(tombstone.attrs).toEqual({ from: `${ROOM}/Bert`, id: "m1", type: "groupchat" });
    expect(tombstone.getChild("retracted", "urn:xmpp:message-retract:1")?.attrs).toMatchObject({
      stamp: STAMP,
      id: "r1",
    });
    expect(tombstone.getChild("stanza-id")?.attrs).toMatchObject({ by: ROOM, id: target.id });
    expect(tombstone.getChild("occupant-id")?.attrs.id).toBe(target.occupantId);
    expect(draft).toMatchObject({
      body: undefined,
      erasure: { action: "message:retract", as: "author", by: "bert@example.org", target: target.id },
    });
  });

  test.each([
    ["another's message", (): LogEntry => logged(roomOfTwo(), ANNA, "<body>b</body>")],
    ["the same occupant id at another address", () => ({ ...bertsOwn(), sender: "eve@example.org" })],
    ["the same address with another occupant id", () => ({ ...bertsOwn(), occupantId: "other" })],
    ["somebody of another network", () => ({ ...bertsOwn(), sender: null })],
  ])("not %s", (_what, target) => {
    const draft = draftOf(roomOfTwo(), BERT, RETRACT);
    expect(codeOf(() => retraction(draft, alone(target()), NOW))).toBe("forbidden");
  });

  const bertsOwn = () => logged(roomOfTwo(), BERT, "<body>b</body>");

  test("a retraction is stored whatever it asks for", () => {
    expect(draftOf(roomOfTwo(), BERT, `${RETRACT}<no-store xmlns="urn:xmpp:hints"/>`)).toBeDefined();
  });
});

describe("by a moderator", () => {
  test("the room tells who did it and why, and so does the tombstone", () => {
    const room = roomOfTwo();
    const anna = room.bySession.get(ANNA);
    if (!anna) throw new Error("Anna is missing");
    const target = logged(room, BERT, "<body>spam</body>");
    const draft = moderation(room, anna, alone(target), { id: "r2", reason: "Werbung", now: NOW });
    const why = [
      x(
        "moderated",
        { xmlns: "urn:xmpp:message-moderate:1", by: `${ROOM}/Anna` },
        x("occupant-id", { xmlns: "urn:xmpp:occupant-id:0", id: anna.occupantId }),
      ).toString(),
      "<reason>Werbung</reason>",
    ].join("");
    expect(draft.stanza.toString()).toBe(
      `<message from="${ROOM}" id="r2" type="groupchat"><retract xmlns="urn:xmpp:message-retract:1" id="${target.id}">${why}</retract></message>`,
    );
    const [erased] = draft.erasure?.messages ?? [];
    expect(erased?.tombstone).toContain(
      `<retracted xmlns="urn:xmpp:message-retract:1" id="r2" stamp="${STAMP}">${why}</retracted>`,
    );
    expect(erased?.tombstone).not.toContain("spam");
    expect(draft.erasure).toMatchObject({ action: "message:moderate", by: "anna@example.org", reason: "Werbung" });
  });

  test("not by a participant", () => {
    const room = roomOfTwo();
    const bert = room.bySession.get(BERT);
    const target = logged(room, ANNA, "<body>b</body>");
    const ask = () => bert && moderation(room, bert, alone(target), { id: "r", reason: undefined, now: NOW });
    expect(codeOf(ask)).toBe("forbidden");
  });
});

test("all versions of a message go, and no other of the same id", () => {
  const room = roomOfTwo();
  const replace = '<replace xmlns="urn:xmpp:message-correct:0" id="m1"/>';
  const first = logged(room, BERT, "<body>1</body>", "m1");
  const second = logged(room, BERT, `<body>2</body>${replace}`, "m2");
  const third = logged(room, BERT, `<body>3</body>${replace}`, "m3");
  const others = [logged(room, ANNA, "<body>a</body>", "m1"), logged(room, BERT, "<body>b</body>", "m4")];
  const all = [first, second, third, ...others];
  expect(versionsOf(first, all)).toEqual([second, third]);
  expect(versionsOf(third, all)).toEqual([first, second]);
});

test.each([
  ["a message", "<body>b</body>", "no error"],
  ["a reaction", '<reactions xmlns="urn:xmpp:reactions:0" id="x"/>', "no error"],
  ["a subject", "<subject>s</subject>", "not-allowed"],
  ["a retraction", RETRACT, "not-allowed"],
])("what can be taken back: %s", (_what, inner, code) => {
  const room = roomOfTwo();
  expect(codeOf(() => requireErasable(room, logged(room, ANNA, inner)))).toBe(code);
});

test("what was taken back cannot be taken back again, and nobody makes it look so", () => {
  const room = roomOfTwo();
  const target = logged(room, BERT, '<body>b</body><retracted xmlns="urn:xmpp:message-retract:1" stamp="x"/>');
  expect(target.stanza).not.toContain("retracted");
  const { erasure } = retraction(draftOf(room, BERT, RETRACT), alone(target), NOW);
  const stanza = erasure?.messages[0]?.tombstone ?? "";
  expect(codeOf(() => requireErasable(room, { ...target, stanza }))).toBe("gone");
});

test("nobody speaks as a moderator", () => {
  const forged =
    '<retract xmlns="urn:xmpp:message-retract:1" id="x"><moderated xmlns="urn:xmpp:message-moderate:1" by="y"/></retract>';
  const [effect] = groupchat(roomOfTwo(), BERT, message(`<body>b</body>${forged}`), NOW);
  expect(effect?.do === "append" && effect.draft.stanza.toString()).not.toMatch(/moderated|retract/);
});
