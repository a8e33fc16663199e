import { z } from "zod";
import type { WakeTopic } from "../platform/wake.ts";

/** A tenant was added, changed, suspended, resumed or closed: the XMPP server has to follow. */
export const tenantChanged: WakeTopic<{ tenant: string }> = {
  name: "kontor:tenant-changed",
  schema: z.object({ tenant: z.string() }),
};

/** The XMPP server has followed: its hosts are as the table of tenants has them, streams can be opened. */
export const serverFollowed: WakeTopic<{ tenants: number }> = {
  name: "kontor:server-followed",
  schema: z.object({ tenants: z.int() }),
};
