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
