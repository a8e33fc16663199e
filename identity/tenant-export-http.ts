import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { Download, download, type Route, route } from "../platform/http.ts";
import { actorOf } from "./audit.ts";
import { type ExportDeps, exportTenant } from "./tenant-export.ts";

/** The REST door of what a tenant takes along before it is closed. */
export function tenantExportRoutes(deps: ExportDeps): Route[] {
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/export",
      summary:
        "Take along people, groups, roles, rooms and audit log of a tenant, without content of messages, as lines of " +
        "JSON; header X-Reason says why",
      scope: "tenant:export",
      params: z.object({ tenant: z.string().min(1).max(63) }),
      response: download,
      downloads: ["application/x-ndjson"],
      handle: async ({ params: { tenant }, caller }) => {
        if ((caller.reason ?? "").trim().length < 3) throw new KontorError("bad-request", "Say why: header X-Reason");
        const lines = exportTenant(deps, tenant, actorOf(caller));
        return new Download("application/x-ndjson", `tenant-${tenant}.ndjson`, lines);
      },
    }),
  ];
}
