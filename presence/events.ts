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

/** The rules of a tenant have changed, or what one of its people has set for himself. */
export const presenceRulesChanged: WakeTopic<{ tenant: string }> = {
  name: "kontor:presence:rules-changed",
  schema: z.object({ tenant: z.string() }),
};
