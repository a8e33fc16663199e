import { cleanNick, cleanText, shorten } from "./core-text.ts";
import type { FarMessage } from "./network.ts";

/** A longer message of a far side is cut: the room log has no use for a book, and a client none for its line. */
const MAX_CHARACTERS = 10_000;
const MAX_FAR_USER = 255;

export interface Inbound {
  readonly farUser: string;
  readonly nick: string;
  readonly body: string;
}

/** What a far message says in the room, or undefined when nothing of it is left. */
export function decideInbound(message: FarMessage): Inbound | undefined {
  const text = shorten(cleanText(message.text).trimEnd(), MAX_CHARACTERS);
  if (text.trim() === "") return undefined;
  return {
    farUser: cleanText(message.farUser).slice(0, MAX_FAR_USER),
    nick: cleanNick(message.nick, "?"),
    body: message.action ? `/me ${text}` : text,
  };
}
