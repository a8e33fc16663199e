import * as z from "zod/mini";

export const groupShape = z.object({
  id: z.string(),
  name: z.string(),
  roster: z.boolean(),
  version: z.number(),
  members: z.number(),
});
export type GroupRow = z.infer<typeof groupShape>;
