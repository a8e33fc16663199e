import { z } from "zod";

/** What the process that reads presence is to do. */
export const order = z.object({
  kind: z.enum(["ours", "bare"]),
  /** Of the server that components connect to. */
  port: z.int(),
  redisUrl: z.string(),
  tenants: z.array(z.object({ id: z.string(), domain: z.string() })),
  /** Of which the components' secrets are made. */
  master: z.string(),
});
export type Order = z.infer<typeof order>;

/** What it has used until now. */
export const stats = z.object({ cpuSeconds: z.number(), bytes: z.number(), heap: z.number(), questions: z.int() });
export type Stats = z.infer<typeof stats>;
