import { z } from "zod";
import type { WakeTopic } from "../../platform/wake.ts";

/** A link was added, changed, removed or let go: whoever holds links reads the list again. */
export const linksTopic: WakeTopic<{ tenant: string }> = {
  name: "kontor:bridge-links",
  schema: z.object({ tenant: z.string() }),
};
