/** The picture of a room: XEP-0486, XEP-0153. Pure. */
import { createHash } from "node:crypto";
import { x } from "../components/stanza.ts";
import { mucUser, status } from "../components/xep/xep-0045-muc.ts";
import { photoUpdate } from "../components/xep/xep-0054-vcard.ts";
import { KontorError } from "../platform/errors.ts";
import { type Effect, everySession, type RoomState } from "./core-state.ts";

export const MAX_AVATAR_BYTES = 65_536;

export interface Avatar {
  readonly type: string;
  readonly bytes: Buffer;
  /** SHA-1 in hex: the XEP's choice. */
  readonly hash: string;
}

/** How pictures of a type begin. What is no picture must not be served as one. */
const BEGINNINGS: Readonly<Record<string, RegExp>> = {
  "image/png": /^\x89PNG\r\n\x1a\n/,
  "image/jpeg": /^\xff\xd8\xff/,
  "image/gif": /^GIF8[79]a/,
  "image/webp": /^RIFF[\s\S]{4}WEBP/,
};

/**
 * The picture that an owner sends. Throws `bad-request` for what is no base64, `too-large` with `maxBytes`, and
 * `unsupported-type` for another type or bytes that are not of their type.
 */
export function readAvatar({ type, binval }: { readonly type: string; readonly binval: string }): Avatar {
  const beginning = BEGINNINGS[type.toLowerCase()];
  if (!beginning) {
    throw new KontorError("unsupported-type", `A picture is one of ${Object.keys(BEGINNINGS).join(", ")}`);
  }
  const text = binval.replaceAll(/\s/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new KontorError("bad-request", "BINVAL is base64");
  const bytes = Buffer.from(text, "base64");
  if (bytes.length > MAX_AVATAR_BYTES) {
    throw new KontorError("too-large", `A picture has at most ${MAX_AVATAR_BYTES} bytes`, {
      maxBytes: MAX_AVATAR_BYTES,
    });
  }
  if (!beginning.test(bytes.subarray(0, 16).toString("latin1"))) {
    throw new KontorError("unsupported-type", `This is no picture of type ${type}`);
  }
  return { type: type.toLowerCase(), bytes, hash: createHash("sha1").update(bytes).digest("hex") };
}

/** The room has this picture now, or none: all are told, by both ways that clients know (0486 2.3). */
export function avatarChanged(room: RoomState, hash: string | undefined): Effect[] {
  room.avatar = hash;
  const to = everySession(room);
  const stanza = x("message", { from: room.jid, type: "groupchat" }, mucUser.write({ statuses: [status.configured] }));
  return [{ do: "send", stanza, to }, avatarPresence(room, to)];
}

/** Tells somebody who enters of the picture; where there is none, there is nothing to tell. */
export function avatarTo(room: RoomState, session: string): Effect[] {
  return room.avatar === undefined ? [] : [avatarPresence(room, [session])];
}

const avatarPresence = (room: RoomState, to: readonly string[]): Effect => ({
  do: "send",
  stanza: x("presence", { from: room.jid }, photoUpdate(room.avatar)),
  to,
});
