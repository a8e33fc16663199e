import { z } from "zod";

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether PostgreSQL can store a text as it is: it has no NUL, and UTF-8 has no half of a surrogate pair. */
export const storable = (text: string): boolean => !text.includes("\0") && !LONE_SURROGATE.test(text);

/** The path to the first text or name in a value that cannot be stored; undefined when all can. */
export function unstorable(value: unknown): string[] | undefined {
  if (typeof value === "string") return storable(value) ? undefined : [];
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    if (!storable(name)) return [];
    const found = unstorable(member);
    if (found) return [name, ...found];
  }
  return undefined;
}

const CONTROL = /\p{Cc}/u;

/** A line that people read, without white space at its ends: 1 to `max` characters. */
export const lineOfText = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !CONTROL.test(text), "holds control characters")
    // For the document: classes of Unicode are not known to every reader of it.
    .meta({ pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" });

/** What has no place in XML, besides what is a line of text. */
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/u;

/** Text of any lines, as it was written: 1 to `max` characters, not only white space. */
export const linesOfText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !UNPRINTABLE.test(text), "holds control characters")
    .refine((text) => text.trim() !== "", "is white space only")
    .meta({
      pattern:
        "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ufffe\\uffff]*[^\\s][^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ufffe\\uffff]*$",
    });
