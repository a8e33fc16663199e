import { z } from "zod";

/** File transfer (XEP-0363): where bytes lie and how long links hold. */
export const files = z
  .strictObject({
    folder: z.string().min(1).describe("Folder of the stored files."),
    maxBytes: z
      .int()
      .min(1024)
      .max(1_099_511_627_776)
      .default(104_857_600)
      .describe("Largest file in bytes that gets a slot."),
    secret: z.string().min(32).max(1024).meta({ secret: true }).describe("Signs the links to files."),
    slotSeconds: z.int().min(10).max(86_400).default(300).describe("Seconds an upload slot may be used."),
    linkSeconds: z.int().min(60).max(31_536_000).default(864_000).describe("Seconds a link to a file holds."),
  })
  .describe("File transfer (XEP-0363): where bytes lie and how long links hold.");
