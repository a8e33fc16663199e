interface MarkedProps {
  readonly text: string;
  /** The text in parts, those that were searched for marked; may be short of its ends. */
  readonly excerpt: readonly { readonly text: string; readonly hit: boolean }[];
}

/** A text with what was searched for marked. Without a hit all of it is shown. */
export function MarkedText({ text, excerpt }: MarkedProps) {
  if (!excerpt.some(({ hit }) => hit)) return text;
  let place = 0;
  return excerpt.map((part) => {
    place += part.text.length + 1;
    return part.hit ? <mark key={place}>{part.text}</mark> : <span key={place}>{part.text}</span>;
  });
}
