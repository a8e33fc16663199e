/** What the presence domain announces. */
import { z } from "zod";
import type { WakeTopic } from "../platform/wake.ts";

/**
 * The presence of people of a tenant changed, or began or ceased to be known: whoever follows it asks `changesSince`.
 * Some ten times a second at most for each tenant.
 */
export const presenceChanged: WakeTopic<{ tenant: string }> = {
  name: "kontor:presence:changed",
  schema: z.object({ tenant: z.string() }),
};
