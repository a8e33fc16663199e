import { z } from "zod";

/** What the processes write about themselves. */
export const log = z
  .strictObject({
    level: z.enum(["error", "warn", "info", "debug"]).default("info").describe("Least level that is written."),
  })
  .describe("What the processes write about themselves.");
