import { z } from "zod";

export interface Sorting<N extends string> {
  readonly by: N;
  readonly descending: boolean;
}

/** The query parameter `sort`: one of these names, with `-` before it for the other way round. The first is the default. */
export function sortBy<const N extends readonly [string, ...string[]]>(names: N) {
  const all = names.flatMap((name) => [name, `-${name}`]);
  return z
    .enum(all)
    .default(names[0])
    .transform((text): Sorting<N[number]> => {
      const descending = text.startsWith("-");
      const by = names.find((name) => name === text.slice(descending ? 1 : 0)) ?? names[0];
      return { by, descending };
    })
    .describe("Order; `-` before the name turns it round.");
}

/** A text for `like` that finds what begins with (or, with `anywhere`, holds) a text of the caller's, taken literally. */
export function startingWith(text: string, anywhere = false): string {
  return `${anywhere ? "%" : ""}${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
}
