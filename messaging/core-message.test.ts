import { describe, expect, test } from "@jest/globals";
import { type Element, parseXml } from "../components/stanza.ts";
import { join } from "./core-entry.ts";
import { setFarOccupants } from "./core-far.ts";
import { farMessage, groupchat, privateMessage, reflect, releaseSession, withArchiveId } from "./core-message.ts";
import type { Effect, RoomState } from "./core-state.ts";
import { codeOf, emptyRoom, enter, joinAs, ROOM, sentTo } from "./testkit.ts";

const ANNA = "anna@example.org/1";
const BERT = "bert@example.org/1";
const NOW = Date.parse("2026-11-24T10:00:00Z");

/** A message as it comes from a stream: its elements inherit the stream's namespace. */
function message(inner: string, attrs = ""): Element {
  const stream = parseXml(
    `<stream xmlns="jabber:component:accept"><message id="m1" type="groupchat" ${attrs}>${inner}</message></stream>`,
  );
  return stream.getChild("message") ?? stream;
}

function roomOfTwo(): RoomState {
  const room = emptyRoom("anna@example.org");
  enter(room, ANNA, "Anna");
  enter(room, BERT, "Bert");
  return room;
}

const draftOf = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.do === "append" ? [effect.draft] : []))[0];

describe("what is stored and what only passes", () => {
  test.each([
    ["a body", "<body>Moin</body>", "stored"],
    ["a subject alone", "<subject>Haushalt</subject>", "stored"],
    ["a reaction", '<reactions xmlns="urn:xmpp:reactions:0" id="x"><reaction>👍</reaction></reactions>', "stored"],
    ["a correction", '<body>b</body><replace xmlns="urn:xmpp:message-correct:0" id="x"/>', "stored"],
    ["an unknown extension", '<thing xmlns="urn:example:thing"/>', "stored"],
    [
      "a reply",
      '<body>b</body><reply xmlns="urn:xmpp:reply:0" id="x"/><fallback xmlns="urn:xmpp:fallback:0"/>',
      "stored",
    ],
    ["a spoiler", '<body>b</body><spoiler xmlns="urn:xmpp:spoiler:0">Ende</spoiler>', "stored"],
    [
      "OMEMO without a body",
      '<encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="1"/></encrypted>',
      "stored",
    ],
    ["OMEMO 2", '<encrypted xmlns="urn:xmpp:omemo:2"><header sid="1"/></encrypted>', "stored"],
    ["a body that asks for a receipt", '<body>b</body><request xmlns="urn:xmpp:receipts"/>', "stored"],
    ["a body that may be marked", '<body>b</body><markable xmlns="urn:xmpp:chat-markers:0"/>', "stored"],
    ["a retraction", '<retract xmlns="urn:xmpp:message-retract:1" id="x"/>', "stored"],
    ["a receipt", '<received xmlns="urn:xmpp:receipts" id="x"/>', "passed"],
    ["a marker", '<displayed xmlns="urn:xmpp:chat-markers:0" id="x"/>', "passed"],
    [
      "a marker to be stored",
      '<displayed xmlns="urn:xmpp:chat-markers:0" id="x"/><store xmlns="urn:xmpp:hints"/>',
      "stored",
    ],
    ["a body that asks not to be kept", '<body>b</body><no-permanent-store xmlns="urn:xmpp:hints"/>', "passed"],
    ["a body not to be copied", '<body>b</body><no-copy xmlns="urn:xmpp:hints"/>', "stored"],
    ["a chat state", '<composing xmlns="http://jabber.org/protocol/chatstates"/>', "passed"],
    ["a chat state in a thread", '<thread>t</thread><paused xmlns="http://jabber.org/protocol/chatstates"/>', "passed"],
    ["a body that asks not to be stored", '<body>b</body><no-store xmlns="urn:xmpp:hints"/>', "passed"],
    ["nothing", "", "passed"],
  ])("%s", (_what, inner, expected) => {
    const effects = groupchat(roomOfTwo(), ANNA, message(inner), NOW);
    expect(effects.map((effect) => (effect.do === "append" ? "stored" : "passed"))).toEqual([expected]);
    const passed = effects.find((effect) => effect.do === "send");
    if (passed?.do === "send") expect([...passed.to].sort()).toEqual([ANNA, BERT]);
  });
});

describe("what is refused", () => {
  test.each([
    ["from outside", "carl@example.org/1", "<body>b</body>", "not-acceptable"],
    ["a subject by a participant", BERT, "<subject>s</subject>", "forbidden"],
    ["a body with a subject by a participant is a message", BERT, "<body>b</body><subject>s</subject>", "no error"],
  ])("%s", (_what, jid, inner, code) => {
    expect(codeOf(() => groupchat(roomOfTwo(), jid, message(inner), NOW))).toBe(code);
  });
});

test("a message goes on as it was written, without what only the room may say", () => {
  const room = roomOfTwo();
  const inner = `<body>Grüße</body><thing xmlns="urn:example:thing"><deep/></thing>
    <stanza-id xmlns="urn:xmpp:sid:0" id="forged" by="${ROOM}"/><stanza-id xmlns="urn:xmpp:sid:0" id="theirs" by="example.org"/>
    <occupant-id xmlns="urn:xmpp:occupant-id:0" id="forged"/><delay xmlns="urn:xmpp:delay" stamp="2000-01-01T00:00:00Z"/>
    <x xmlns="http://jabber.org/protocol/muc#user"><status code="110"/></x>`;
  const draft = draftOf(groupchat(room, BERT, message(inner, 'to="x" from="y"'), NOW));
  const reflected = draft && withArchiveId(draft.stanza, "archive-id", room).toString();
  expect(reflected).toBe(
    `<message from="${ROOM}/Bert" id="m1" type="groupchat"><body>Grüße</body>` +
      '<thing xmlns="urn:example:thing"><deep/></thing><stanza-id xmlns="urn:xmpp:sid:0" id="theirs" by="example.org"/>' +
      '<occupant-id xmlns="urn:xmpp:occupant-id:0" id="id-of-bert@example.org"/>' +
      `<stanza-id xmlns="urn:xmpp:sid:0" id="archive-id" by="${ROOM}"/></message>`,
  );
  expect(draft).toMatchObject({ sender: "bert@example.org", session: BERT, nick: "Bert", body: "Grüße" });
});

test("a message that comes while a join reads its history follows after the history", () => {
  const room = roomOfTwo();
  join(room, joinAs("carl@example.org/1", "Carl"));
  const stanza = message("<body>dazwischen</body>");
  const now = reflect(room, { seq: 7, stanza, subject: undefined });
  expect(sentTo(now, "carl@example.org/1")).toEqual([]);
  expect(sentTo(now, ANNA)).toEqual([stanza]);
  const released = sentTo(releaseSession(room, "carl@example.org/1"), "carl@example.org/1");
  expect(released[0]?.getChild("subject")).toBeDefined();
  expect(released[1]).toBe(stanza);
  expect(room.lastSeq).toBe(7);
  expect(sentTo(reflect(room, { seq: 8, stanza, subject: undefined }), "carl@example.org/1")).toEqual([stanza]);
});

test("a subject is the room's once it is committed, with who and when", () => {
  const room = roomOfTwo();
  const draft = draftOf(groupchat(room, ANNA, message("<subject>Haushalt</subject>"), NOW));
  expect(room.subject).toBeUndefined();
  if (draft) reflect(room, { seq: 1, stanza: draft.stanza, subject: draft.subject });
  expect(room.subject).toEqual({ text: "Haushalt", nick: "Anna", at: "2026-11-24T10:00:00.000Z" });
});

describe("private messages", () => {
  test("reach all devices of one nick, and nobody else", () => {
    const room = roomOfTwo();
    enter(room, "anna@example.org/2", "Anna");
    const effects = privateMessage(room, BERT, "anna", parseXml('<message type="chat"><body>leise</body></message>'));
    expect(effects).toHaveLength(1);
    expect(effects[0]).toMatchObject({ to: [ANNA, "anna@example.org/2"] });
  });
  test.each([
    ["from outside", "carl@example.org/1", "Anna", "not-acceptable"],
    ["to nobody", BERT, "Niemand", "not-found"],
    ["to somebody of another network", BERT, "kim", "feature-not-implemented"],
  ])("%s", (_what, from, nick, code) => {
    const room = roomOfTwo();
    setFarOccupants(room, { id: "l", network: "irc" }, [{ id: "kim", nick: "kim", occupantId: "k" }]);
    const stanza = parseXml('<message type="chat"><body>b</body></message>');
    expect(codeOf(() => privateMessage(room, from, nick, stanza))).toBe(code);
  });
});

test("a message of another network bears the nick under which its author is here", () => {
  const room = roomOfTwo();
  setFarOccupants(room, { id: "link", network: "irc" }, [{ id: "kim!~k@host", nick: "Anna", occupantId: "k" }]);
  const far = { link: "link", ref: "ref-1", farUser: "kim!~k@host", nick: "Anna", occupantId: "k", body: "Moin" };
  expect(farMessage(room, far)).toMatchObject({ nick: "Anna (2)", sender: null, origin: "link", originRef: "ref-1" });
  expect(farMessage(room, { ...far, farUser: "unknown" }).nick).toBe("Anna (3)");
});
