import { expect, test } from "@jest/globals";
import { avatarChanged, avatarTo, MAX_AVATAR_BYTES, readAvatar } from "./core-avatar.ts";
import { codeOf, emptyRoom, enter, ROOM, sentTo } from "./testkit.ts";

const ANNA = "anna@example.org/1";
const png = (length = 8): string => Buffer.from("\x89PNG\r\n\x1a\n".padEnd(length, "\0"), "latin1").toString("base64");
const of = (text: string): string => Buffer.from(text, "latin1").toString("base64");

test.each([
  ["a PNG", "image/png", png(), "no error"],
  ["a PNG with line ends", "IMAGE/PNG", png(60).replaceAll(/(.{20})/g, "$1\n"), "no error"],
  ["a JPEG", "image/jpeg", of("\xff\xd8\xff\xe0"), "no error"],
  ["a GIF", "image/gif", of("GIF89a"), "no error"],
  ["a WebP", "image/webp", of("RIFF\x01\x02\x03\x04WEBPVP8 "), "no error"],
  ["as large as one may be", "image/png", png(MAX_AVATAR_BYTES), "no error"],
  ["one byte more", "image/png", png(MAX_AVATAR_BYTES + 1), "too-large"],
  ["a drawing that may hold scripts", "image/svg+xml", of("<svg/>"), "unsupported-type"],
  ["a page that calls itself a picture", "image/png", of("<html>"), "unsupported-type"],
  ["no base64", "image/png", "%%%", "bad-request"],
])("%s", (_what, type, binval, code) => {
  expect(codeOf(() => readAvatar({ type, binval }))).toBe(code);
});

test("the hash is that of the bytes, as clients compute it", () => {
  expect(readAvatar({ type: "image/png", binval: png() }).hash).toBe("4caece539b039b16e16206ea2478f8c5ffb2ca05");
});

test("all are told of a new picture, and who enters later of the one that is there", () => {
  const room = emptyRoom();
  enter(room, ANNA, "Anna");
  expect(avatarTo(room, ANNA)).toEqual([]);
  const told = sentTo(avatarChanged(room, "a".repeat(40)), ANNA).map(String);
  expect(told).toEqual([
    `<message from="${ROOM}" type="groupchat"><x xmlns="http://jabber.org/protocol/muc#user"><status code="104"/></x></message>`,
    `<presence from="${ROOM}"><x xmlns="vcard-temp:x:update"><photo>${"a".repeat(40)}</photo></x></presence>`,
  ]);
  expect(sentTo(avatarTo(room, ANNA), ANNA)).toHaveLength(1);
});
