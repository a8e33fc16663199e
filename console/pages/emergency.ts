import { useEffect, useState } from "react";
import * as z from "zod/mini";
import { path } from "../api/client.ts";
import { type Api, type Session, useSession } from "../api/session.tsx";

const emergencyShape = z.object({
  id: z.string(),
  name: z.string(),
  reason: z.string(),
  since: z.string(),
  until: z.string(),
  endedAt: z.nullable(z.string()),
  running: z.boolean(),
});
export type Emergency = z.infer<typeof emergencyShape>;
const answer = z.object({ items: z.array(emergencyShape) });

const LOOK_MS = 15_000;

export const readEmergencies = async (api: Api, tenant: string): Promise<Emergency[]> =>
  answer.parse((await api.get(path`/tenants/${tenant}/break-glass`)).body).items;

/** The accesses that one has oneself: roles in a foreign tenant, until a time that is not over. */
export function ownEmergencies({ person, grants }: Session, now: number): { tenant: string; until: number }[] {
  return grants.flatMap(({ scope, expiresAt }) => {
    const until = expiresAt === null ? 0 : Date.parse(expiresAt);
    return scope !== null && scope !== person.tenant && until > now ? [{ tenant: scope, until }] : [];
  });
}

/** The time, again and again, so that what is left of something goes down on the page. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Gives an access back, and learns what one may do then. */
export function useEndEmergency(): (tenant: string) => Promise<void> {
  const { api, renew } = useSession();
  return async (tenant) => {
    await api.send("DELETE", path`/tenants/${tenant}/break-glass`);
    await renew();
  };
}
