import { z } from "zod";

/** Redis: live state and job queues. */
export const redis = z
  .strictObject({
    url: z
      .url({ protocol: /^rediss?$/ })
      .meta({ secret: true })
      .describe("Connection: redis://:password@host:port/number."),
  })
  .describe("Redis: live state and job queues.");
