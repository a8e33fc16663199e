import { z } from "zod";
import { type WakeTopic, wake } from "../platform/wake.ts";
import type { PeopleDeps } from "./person-tables.ts";

/** Groups of a tenant, their members, or people's names or status have changed. */
export const directoryChanged: WakeTopic<{ tenant: string }> = {
  name: "kontor:identity:directory-changed",
  schema: z.object({ tenant: z.string() }),
};

/** Tells it, after the transaction. */
export const tellDirectory = ({ redis, log }: Pick<PeopleDeps, "redis" | "log">, tenant: string): Promise<void> =>
  wake(redis, directoryChanged, { tenant }, log);
