import { z } from "zod";

/** Exports of rooms: where their ZIPs lie and how large one gets. */
export const exportsSection = z
  .strictObject({
    folder: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder of the finished ZIPs and of those being made. Left out: `.exports` in the folder of the files.",
      ),
    maxBytes: z
      .int()
      .min(1_048_576)
      .max(1_099_511_627_776)
      .default(21_474_836_480)
      .describe("Largest ZIP in bytes; a larger one fails, and a shorter time is to be chosen."),
    perTenant: z.int().min(1).max(20).default(2).describe("Exports of a tenant that are under way at a time."),
    keptPerTenant: z
      .int()
      .min(1)
      .max(1_000)
      .default(20)
      .describe("Finished ZIPs of a tenant at a time; they go by the rule of retention for `room-export`."),
  })
  .describe("Exports of rooms: where their ZIPs lie and how large one gets.");
