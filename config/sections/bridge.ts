import { z } from "zod";

/** Bridges into other messengers. */
export const bridge = z
  .strictObject({
    pollSeconds: z
      .int()
      .min(1)
      .max(300)
      .default(5)
      .describe("Seconds after which a link looks at the room log although nothing woke it."),
    maxLineBytes: z
      .int()
      .min(128)
      .max(65_536)
      .default(400)
      .describe("Longest line in bytes sent to a network of lines (IRC); a longer message is split."),
  })
  .describe("Bridges into other messengers.");
