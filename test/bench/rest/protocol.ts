import { z } from "zod";

/** What both servers are asked to serve: the same data to the same token. */
export const order = z.object({
  kind: z.enum(["ours", "bare"]),
  databaseUrl: z.string(),
  role: z.string(),
  redisUrl: z.string(),
});
export type Order = z.infer<typeof order>;

/** What a server says once it listens. */
export const listening = z.object({ port: z.int() });

export const TENANT = "amt-nord";
export const POOL = 10;
