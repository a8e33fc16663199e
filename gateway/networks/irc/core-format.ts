/** How IRC lines look: formatting of clients taken out, and the bot's own lines made. */

/** Colour (03 with up to two numbers), hex colour (04), and the switches of bold, italics and the like. */
const FORMATTING =
  /\u0003(?:\d{1,2}(?:,\d{1,2})?)?|\u0004(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?|[\u0002\u000f\u0011\u0016\u001d-\u001f]/g;

/**
 * Ends each line of a Kontor bot: "formatting off", twice. It is not seen, and tells another one that this line came over
 * a bridge already, so that rooms and channels linked in a ring do not repeat a message for ever.
 */
const BRIDGED = "\u000f\u000f";

/** A line of IRC (RFC 2812 2.3): 512 bytes with its CR LF, as the server sends it on to others. */
const LINE_BYTES = 510;
const ZERO_WIDTH_SPACE = "\u200b";

export const withoutFormatting = (text: string): string => text.replace(FORMATTING, "");

export const isBridged = (text: string): boolean => text.endsWith(BRIDGED);

export interface Said {
  readonly nick: string;
  readonly action: boolean;
}

/** What stands before the text of a line. */
export function linePrefix({ nick, action }: Said, breakNicks: boolean): string {
  const [first = "", ...rest] = nick;
  const shown = breakNicks && rest.length > 0 ? `${first}${ZERO_WIDTH_SPACE}${rest.join("")}` : nick;
  return action ? `* ${shown} ` : `<${shown}> `;
}

export function lineOf(said: Said & { readonly text: string }, breakNicks: boolean): string {
  return `${linePrefix(said, breakNicks)}${said.text}${BRIDGED}`;
}

/**
 * Bytes for the text of a line: what the server's own prefix (`mask`, nick!user@host), the command, the channel and ours
 * leave of a line, and no more than `maxLineBytes` together with ours.
 */
export function textBytes(mask: string, channel: string, prefix: string, maxLineBytes: number): number {
  const line = LINE_BYTES - Buffer.byteLength(`:${mask} PRIVMSG ${channel} :`);
  return Math.min(line, maxLineBytes) - Buffer.byteLength(prefix) - Buffer.byteLength(BRIDGED);
}
