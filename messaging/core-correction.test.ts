import { describe, expect, test } from "@jest/globals";
import { type Element, parseXml, x } from "../components/stanza.ts";
import { occupantIdElement } from "../components/xep/xep-0421-occupant-id.ts";
import { checkCorrection } from "./core-correction.ts";
import { reflect } from "./core-message.ts";
import type { RoomState } from "./core-state.ts";
import { codeOf, emptyRoom, enter } from "./testkit.ts";

const ANNA = "anna@example.org/1";
const BERT = "bert@example.org/1";

function says(room: RoomState, session: string, id: string): void {
  const { occupantId = "" } = room.bySession.get(session) ?? {};
  const stanza = x("message", { id }, occupantIdElement(occupantId));
  reflect(room, { seq: room.lastSeq + 1, stanza, subject: undefined });
}

const correction = (id: string): Element =>
  parseXml(`<message><replace xmlns="urn:xmpp:message-correct:0" id="${id}"/></message>`);

function corrects(room: RoomState, session: string, id: string): string {
  const occupant = room.bySession.get(session);
  return codeOf(() => occupant && checkCorrection(room, occupant, correction(id)));
}

describe("who corrects what", () => {
  const room = emptyRoom("anna@example.org");
  enter(room, ANNA, "Anna");
  enter(room, BERT, "Bert");
  says(room, ANNA, "a");
  says(room, BERT, "b");
  says(room, ANNA, "both");
  says(room, BERT, "both");
  test.each([
    ["an own message", ANNA, "a", "no error"],
    ["another's", BERT, "a", "not-allowed"],
    ["another's, as owner", ANNA, "b", "not-allowed"],
    ["an own of which another has the same id", ANNA, "both", "no error"],
    ["what the room does not remember", BERT, "old", "no error"],
  ])("%s", (_what, session, id, code) => {
    expect(corrects(room, session, id)).toBe(code);
  });

  test("a room remembers the last 200 and no more", () => {
    for (let n = 0; n < 300; n += 1) says(room, ANNA, `n${n}`);
    expect(room.authors.size).toBe(200);
    expect(corrects(room, BERT, "n299")).toBe("not-allowed");
    expect(corrects(room, BERT, "n100")).toBe("not-allowed");
    expect(corrects(room, BERT, "n99")).toBe("no error");
  });
});
