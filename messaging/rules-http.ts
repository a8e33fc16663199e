/** The REST door of a tenant's rules for its rooms. */
import { z } from "zod";
import { actorOf } from "../identity/index.ts";
import { type Route, route, versionTag } from "../platform/http.ts";
import { wake } from "../platform/wake.ts";
import { roomRules } from "./core-rules.ts";
import { domainOf, type RoomHttpDeps } from "./http-deps.ts";
import { tenantPath } from "./http-shapes.ts";
import { roomRulesTopic } from "./live.ts";
import { readTenantRules, setRules, type TenantRules } from "./store-rules.ts";

const given = roomRules.extend({
  archiveDays: z
    .int()
    .min(1)
    .max(3_650)
    .nullable()
    .default(null)
    .describe("How long messages are kept; null: as long as the operator lets it. What is older is hidden at once."),
});
const answer = z.object({
  ...given.shape,
  version: z.int().describe("0: nothing was set yet."),
  archiveLimit: z.object({ amount: z.int(), unit: z.string() }).describe("How long the operator lets them be kept."),
});

export function rulesRoutes(deps: RoomHttpDeps): Route[] {
  const { db, redis, log, clock, newId } = deps;
  const shown = ({ rules, ...rest }: TenantRules) => ({ ...rules, creators: creatorsOf(rules), ...rest });
  const common = {
    path: "/tenants/{tenant}/room-rules",
    params: tenantPath,
    response: answer,
    etag: ({ version }: { readonly version: number }) => versionTag(version),
  } as const;
  return [
    route({
      ...common,
      method: "get",
      summary: "The rules of a tenant for its rooms",
      scope: "rooms:read",
      handle: async ({ params: { tenant } }) => {
        await domainOf(deps, tenant);
        return shown(await readTenantRules(db, tenant));
      },
    }),
    route({
      ...common,
      method: "put",
      summary: "Set the rules of a tenant for its rooms; they hold within seconds",
      scope: "rooms:change",
      body: given,
      problems: ["policy-violation"],
      handle: async ({ params: { tenant }, body: { archiveDays, ...rules }, caller, ifMatch }) => {
        await domainOf(deps, tenant);
        const check = (version: number) => ifMatch(versionTag(version));
        const by = { actor: actorOf(caller), now: new Date(clock()), newId, check };
        const set = await setRules(db, tenant, { rules, archiveDays }, by);
        await wake(redis, roomRulesTopic, { tenant }, log);
        return shown(set);
      },
    }),
  ];
}

const creatorsOf = ({ creators }: TenantRules["rules"]) => (creators === "everybody" ? creators : [...creators]);
