import * as z from "zod/mini";

/** What the API says of an export: the one place that knows its shape. */
export const exportShape = z.object({
  id: z.string(),
  state: z.enum(["queued", "running", "done", "failed", "cancelled", "deleted"]),
  format: z.enum(["json", "html"]),
  files: z.boolean(),
  from: z.nullable(z.string()),
  to: z.nullable(z.string()),
  reason: z.string(),
  askedBy: z.string(),
  mine: z.boolean(),
  createdAt: z.string(),
  expiresAt: z.nullable(z.string()),
  progress: z.object({
    messages: z.number(),
    messagesTotal: z.nullable(z.number()),
    files: z.number(),
    bytes: z.number(),
    bytesExpected: z.nullable(z.number()),
  }),
  problem: z.nullable(z.object({ code: z.string(), detail: z.string() })),
  zip: z.nullable(z.object({ bytes: z.number(), sha256: z.string() })),
});
export type RoomExport = z.infer<typeof exportShape>;

/** There is something to wait for. */
export const isOpen = ({ state }: RoomExport): boolean => state === "queued" || state === "running";
