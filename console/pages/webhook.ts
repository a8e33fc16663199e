import * as z from "zod/mini";

const time = z.nullable(z.string());

const webhookShape = z.object({
  id: z.string(),
  url: z.string(),
  group: z.nullable(z.object({ id: z.string(), name: z.nullable(z.string()) })),
  state: z.enum(["active", "failing", "off"]),
  offReason: z.nullable(z.enum(["switched-off", "gone", "failing"])),
  failures: z.number(),
  failingSince: time,
  nextAttemptAt: time,
  lastDelivery: z.nullable(
    z.object({ at: z.string(), status: z.nullable(z.number()), problem: z.nullable(z.string()) }),
  ),
  formerSecretUntil: time,
  version: z.number(),
});
export type Webhook = z.infer<typeof webhookShape>;

export const webhooksShape = z.object({ webhooks: z.array(webhookShape) });
export const withSecretShape = z.object({ secret: z.string() });
export const testShape = z.object({
  delivered: z.boolean(),
  status: z.nullable(z.number()),
  problem: z.nullable(z.string()),
  milliseconds: z.number(),
});

/** What a tenant may have. */
export const MOST_WEBHOOKS = 10;

export const problems = [
  "not-https",
  "local-address",
  "unreachable",
  "timeout",
  "too-large",
  "status",
  "secret-lost",
] as const;
