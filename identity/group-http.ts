import { z } from "zod";
import { lineOfText, type Route, route, versionTag } from "../platform/http.ts";
import { actorOf } from "./audit.ts";
import { setMember } from "./group-members.ts";
import { changeGroup, createGroup, deleteGroup, type Group, listGroups, readGroup } from "./group-store.ts";
import type { PeopleDeps } from "./person-tables.ts";

const tenantPath = z.object({ tenant: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/) });
const groupPath = tenantPath.extend({ group: z.uuid() });
const memberPath = groupPath.extend({ person: z.uuid() });

const given = z.strictObject({
  name: lineOfText(100),
  roster: z.boolean().default(false).describe("Its members see each other in their rosters."),
});
const group = z.object({
  id: z.uuid(),
  name: z.string(),
  roster: z.boolean(),
  version: z.int(),
  members: z.int().describe("How many; list people with `group` for who they are."),
});

/** The REST door of groups. */
export function groupRoutes(deps: PeopleDeps): Route[] {
  const etag = ({ version }: Pick<Group, "version">) => versionTag(version);
  const member = (method: "put" | "delete") =>
    route({
      method,
      path: "/tenants/{tenant}/groups/{group}/members/{person}",
      summary: method === "put" ? "Make a person a member of a group" : "Take a person out of a group",
      scope: "group:change",
      params: memberPath,
      status: 204,
      handle: ({ params, caller }) =>
        setMember(deps, params.tenant, params.group, params.person, method === "put", actorOf(caller)),
    });
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/groups",
      summary: "All groups of a tenant (1,000 at most)",
      scope: "group:read",
      params: tenantPath,
      response: z.object({ items: z.array(group), next: z.null() }),
      handle: async ({ params }) => ({ items: await listGroups(deps, params.tenant), next: null }),
    }),
    route({
      method: "post",
      path: "/tenants/{tenant}/groups",
      summary: "Add a group",
      scope: "group:change",
      params: tenantPath,
      body: given,
      status: 201,
      response: group,
      problems: ["conflict", "too-many"],
      handle: async ({ params: { tenant }, body, caller }) =>
        readGroup(deps, tenant, await createGroup(deps, tenant, body, actorOf(caller))),
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/groups/{group}",
      summary: "One group",
      scope: "group:read",
      params: groupPath,
      response: group,
      etag,
      handle: ({ params }) => readGroup(deps, params.tenant, params.group),
    }),
    route({
      method: "put",
      path: "/tenants/{tenant}/groups/{group}",
      summary: "Change a group",
      scope: "group:change",
      params: groupPath,
      body: given,
      response: group,
      problems: ["conflict"],
      etag,
      handle: async ({ params, body, caller, ifMatch }) => {
        await changeGroup(deps, params.tenant, params.group, { ...body, ifMatch }, actorOf(caller));
        return readGroup(deps, params.tenant, params.group);
      },
    }),
    route({
      method: "delete",
      path: "/tenants/{tenant}/groups/{group}",
      summary: "Delete a group; its members stay",
      scope: "group:change",
      params: groupPath,
      status: 204,
      handle: ({ params, caller }) => deleteGroup(deps, params.tenant, params.group, actorOf(caller)),
    }),
    member("put"),
    member("delete"),
  ];
}
