import { z } from "zod";
import type { WakeTopic } from "../../platform/wake.ts";

/** Webhooks of a tenant have come, changed or gone. */
export const webhooksTopic: WakeTopic<{ tenant: string }> = {
  name: "presence:webhooks-changed",
  schema: z.object({ tenant: z.string() }),
};
