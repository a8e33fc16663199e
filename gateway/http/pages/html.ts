const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that is HTML already. Only `html` makes it. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | Html | readonly Html[];

function write(part: Part): string {
  if (typeof part === "string") return part.replace(/[&<>"']/g, (character) => escapes[character] ?? character);
  return part instanceof Html ? part.text : part.map(write).join("");
}

/** A template whose values are escaped, unless they are HTML made by this very function. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(texts.map((text, index) => text + write(parts[index] ?? "")).join(""));
}

/** JSON for a data block in a page: nothing in it can end the block. */
export function jsonBlock(value: unknown): Html {
  return new Html(JSON.stringify(value).replaceAll("<", "\\u003c"));
}
