import { useEffect, useState } from "react";
import * as z from "zod/mini";
import { path } from "../api/client.ts";
import { useSession } from "../api/session.tsx";

const answer = z.object({ items: z.array(z.object({ id: z.string(), name: z.string() })) });
export type RosterGroup = z.infer<typeof answer>["items"][number];

/** The groups that are shown in contact lists. Without them a page is as useful. */
export function useRosterGroups(): readonly RosterGroup[] {
  const { api, tenant } = useSession();
  const [groups, setGroups] = useState<readonly RosterGroup[]>([]);
  useEffect(() => {
    let wanted = true;
    api.get(path`/tenants/${tenant}/presence-groups`).then(
      ({ body }) => wanted && setGroups(answer.parse(body).items),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [api, tenant]);
  return groups;
}
