import * as z from "zod/mini";

const lineShape = z.object({
  line: z.number(),
  localpart: z.string(),
  problem: z.nullable(z.string()),
  fault: z.nullable(z.object({ kind: z.enum(["columns", "field", "twice", "taken", "group"]), about: z.string() })),
  invitation: z.nullable(z.object({ link: z.string(), expiresAt: z.string() })),
});
export type ImportLine = z.infer<typeof lineShape>;

/** What the API says of each line of a CSV file. */
export const reportShape = z.object({
  lines: z.array(lineShape),
  good: z.number(),
  bad: z.number(),
  imported: z.number(),
});
export type ImportReport = z.infer<typeof reportShape>;
