/** The REST door of a tenant's rules for the presence of its people. */
import { z } from "zod";
import { actorOf } from "../identity/index.ts";
import { type Route, route, shownTag, versionTag } from "../platform/http.ts";
import { wake } from "../platform/wake.ts";
import { presenceRules } from "./core-visibility.ts";
import { presenceRulesChanged } from "./events.ts";
import { domainOf, type PresenceHttpDeps } from "./http-deps.ts";
import { tenantPath } from "./http-shapes.ts";
import { readKept } from "./rosters-kept.ts";
import { readPresenceRules, type StoredPresenceRules, setPresenceRules } from "./store-rules.ts";

const answer = z.object({
  ...presenceRules.shape,
  version: z.int().describe("0: nothing was set yet, and the defaults hold."),
  rosters: z
    .boolean()
    .nullable()
    .describe("Whether the XMPP server keeps to them in rosters, too; null while that is not known."),
});

export function presenceRulesRoutes(deps: PresenceHttpDeps): Route[] {
  const { db, redis, log, clock, newId } = deps;
  const shown = async (tenant: string, { rules, version }: StoredPresenceRules) => {
    const rosters = await readKept(redis, tenant);
    return { ...rules, version, rosters };
  };
  const common = {
    path: "/tenants/{tenant}/presence-rules",
    params: tenantPath,
    response: answer,
    etag: (shown: z.input<typeof answer>) => shownTag(shown.version, shown),
  } as const;
  return [
    route({
      ...common,
      method: "get",
      summary: "Who may see the presence of a tenant's people",
      scope: "presence:read",
      handle: async ({ params: { tenant } }) => {
        await domainOf(deps, tenant);
        return shown(tenant, await readPresenceRules(db, tenant));
      },
    }),
    route({
      ...common,
      method: "put",
      summary: "Set who may see the presence of a tenant's people; each of them may hide more, never less",
      scope: "presence:change",
      body: presenceRules,
      handle: async ({ params: { tenant }, body, caller, ifMatch }) => {
        await domainOf(deps, tenant);
        const check = (version: number) => ifMatch(versionTag(version));
        const by = { actor: actorOf(caller), now: new Date(clock()), newId, check };
        const set = await setPresenceRules(db, tenant, body, by);
        await wake(redis, presenceRulesChanged, { tenant }, log);
        return shown(tenant, set);
      },
    }),
  ];
}
