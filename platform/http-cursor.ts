import { z } from "zod";

/**
 * The place where a list goes on, as a query parameter: opaque to the caller, and checked when it comes back like all
 * that comes from outside. `place` says what it holds, such as the sort keys of the last item.
 */
export function cursor<T extends z.ZodType>(place: T) {
  const schema = z
    .string()
    .max(1_000)
    .regex(/^[A-Za-z0-9_-]+$/)
    .transform((text, context): z.output<T> => {
      const found = place.safeParse(parse(text));
      if (found.success) return found.data;
      context.addIssue({ code: "custom", message: "is no cursor of this list: leave it out to begin anew" });
      return z.NEVER;
    })
    .describe("`next` of the page before.");
  return {
    schema,
    write: (value: z.input<T>): string => Buffer.from(JSON.stringify(value)).toString("base64url"),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

interface Page<T> {
  readonly items: T[];
  /** Cursor of the next page; null after the last. */
  readonly next: string | null;
}

/** A page of up to `limit` items, from rows of which one more was asked for than the page may hold. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  item: (row: R) => T,
  next: (last: R) => string,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), next: rows.length > limit && last !== undefined ? next(last) : null };
}

/** The schema of a page of these items. */
export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe("`cursor` of the next page; null after the last."),
  });
