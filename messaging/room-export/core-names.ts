/** Names of what a ZIP holds: they hold nothing that leads out of the folder where it is unpacked. Pure. */

const MAX_NAME_BYTES = 120;
/** Separators, control characters, what Windows refuses, and signs that turn the direction of a text. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/\\:*?"<>|]/gu;
/** Names that Windows takes for devices, whatever follows the first dot. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/** The name of a file as it may stand in any file system: its ending stays. */
export function safeName(name: string): string {
  const plain = name
    .normalize("NFC")
    .replace(UNSAFE, "_")
    .replace(/^[. ]+|[. ]+$/g, "")
    .replace(DEVICE, "_$1");
  if (plain === "") return "file";
  const ending = /\.[^.]{1,15}$/u.exec(plain)?.[0] ?? "";
  const stem = plain.slice(0, plain.length - ending.length);
  let short = "";
  let left = MAX_NAME_BYTES - Buffer.byteLength(ending);
  for (const sign of stem) {
    left -= Buffer.byteLength(sign);
    if (left < 0) break;
    short += sign;
  }
  return `${short}${ending}`;
}

/** Path of a file: its id keeps apart those of one name. */
export const filePath = ({ id, name }: { readonly id: string; readonly name: string }): string =>
  `files/${id}/${safeName(name)}`;

const days = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Berlin", dateStyle: "short" });

/** The day of an instant as YYYY-MM-DD, in the time of Berlin. */
export const dayOf = (at: Date): string => days.format(at);

/** Path of a part of the messages: of which day, and the how manyth of all. */
export const partPath = (part: number, day: string, ending: "jsonl" | "html"): string =>
  `messages/${String(part).padStart(5, "0")}-${day}.${ending}`;

/** What the ZIP is called where it is taken along. */
export const zipName = (room: string, at: Date): string => {
  const ascii = safeName(room).replace(/[^a-zA-Z0-9._-]/g, "_");
  return `${ascii}-${at.toISOString().slice(0, 10)}.zip`;
};
