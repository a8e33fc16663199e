import { z } from "zod";

/** What a tenant may use where nothing else was agreed with it. */
export const quotas = z
  .strictObject({
    people: z.int().min(0).max(1_000_000).default(1_000).describe("Accounts that are not deleted."),
    rooms: z.int().min(0).max(1_000_000).default(500).describe("Rooms."),
    storageBytes: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .default(100 * 1024 ** 3)
      .describe("Bytes of stored files and of promised uploads."),
    links: z.int().min(0).max(100_000).default(50).describe("Links into other messengers."),
    messagesPerMinute: z
      .int()
      .min(0)
      .max(10_000_000)
      .default(6_000)
      .describe("Messages into rooms within any minute, those of other networks included."),
  })
  .describe("What a tenant may use where nothing else was agreed with it.");
