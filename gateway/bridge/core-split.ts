const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** A piece ends at a space when one stands in its last third; earlier ones would leave pieces too empty. */
const SPACE_WITHIN = 2 / 3;

/**
 * Splits text into pieces of at most `maxBytes` bytes of UTF-8 (at least 4). A piece ends after a space where one is
 * near, never within a code point, and within a grapheme (an emoji of several code points, a letter with accents) only
 * when that alone is too long. The pieces joined give the text again.
 */
export function splitUtf8(text: string, maxBytes: number): string[] {
  const pieces: string[] = [];
  let units: { text: string; bytes: number }[] = [];
  let bytes = 0;
  const cut = () => {
    const at = breakAt(units, maxBytes);
    pieces.push(textOf(units.slice(0, at)));
    units = units.slice(at);
    bytes = units.reduce((sum, unit) => sum + unit.bytes, 0);
  };
  for (const unit of unitsOf(text, maxBytes)) {
    while (bytes + unit.bytes > maxBytes) cut();
    units.push(unit);
    bytes += unit.bytes;
  }
  if (units.length > 0) pieces.push(textOf(units));
  return pieces;
}

const textOf = (units: readonly { text: string }[]): string => units.map((unit) => unit.text).join("");

/** How many of the units make the piece. */
function breakAt(units: readonly { text: string; bytes: number }[], maxBytes: number): number {
  let bytes = 0;
  let found = units.length;
  for (const [index, unit] of units.entries()) {
    bytes += unit.bytes;
    if (unit.text === " " && bytes >= maxBytes * SPACE_WITHIN) found = index + 1;
  }
  return found;
}

function* unitsOf(text: string, maxBytes: number): Generator<{ text: string; bytes: number }> {
  for (const { segment } of graphemes.segment(text)) {
    const bytes = Buffer.byteLength(segment);
    if (bytes <= maxBytes) yield { text: segment, bytes };
    else for (const point of segment) yield { text: point, bytes: Buffer.byteLength(point) };
  }
}
