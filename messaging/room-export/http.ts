/** The REST door of exports: a room taken along as a ZIP, by who may, with a reason, as a job that can be watched. */
import type { Redis } from "ioredis";
import { z } from "zod";
import { actorOf } from "../../identity/index.ts";
import { KontorError } from "../../platform/errors.ts";
import {
  type Caller,
  pageOf,
  pageSchema,
  type Route,
  route,
  StoredFile,
  shownTag,
  storedFile,
} from "../../platform/http.ts";
import type { Log } from "../../platform/log.ts";
import { wake } from "../../platform/wake.ts";
import { requireArchive, requireReason } from "../http-deps.ts";
import { roomPath } from "../http-shapes.ts";
import { readRoom } from "../room-list.ts";
import { zipName } from "./core-names.ts";
import type { ExportBytes, ExportDeps } from "./deps.ts";
import { asking, exportPath, place, type View, view, viewOf } from "./http-shapes.ts";
import { exportAdded } from "./jobs.ts";
import { addExport, type ExportLimits, pageExports, readExport } from "./store.ts";
import { endExport, takeExport } from "./store-end.ts";

export interface ExportHttpDeps extends ExportDeps {
  readonly redis: Redis;
  readonly log: Log;
  readonly bytes: Pick<ExportBytes, "read" | "remove">;
  readonly limits: ExportLimits;
}

export function roomExportRoutes(deps: ExportHttpDeps): Route[] {
  const { db, clock, redis, log, bytes, limits } = deps;
  const now = () => new Date(clock());
  const roomOf = ({ tenant, room }: { readonly tenant: string; readonly room: string }) =>
    readRoom(db, tenant, room, now());
  // Its time ends without anybody changing it.
  const etag = (answer: View) => shownTag(answer.version, answer);
  const shown = async (tenant: string, roomId: string, id: string, caller: Caller): Promise<View> =>
    viewOf(await readExport(db, tenant, roomId, id, now()), caller);
  return [
    route({
      method: "post",
      path: "/tenants/{tenant}/rooms/{room}/exports",
      summary: "Ask for what was said in a room as a ZIP, with its files if wanted. Needs X-Reason; it is logged",
      scope: "archive:export",
      params: roomPath,
      body: asking,
      status: 202,
      response: view,
      problems: ["conflict", "policy-violation"],
      handle: async ({ params, body: { format, files, from, to, language }, caller }) => {
        const { tenant } = params;
        const reason = requireReason(caller);
        await requireArchive(db, tenant);
        const { id: roomId, config } = await roomOf(params);
        const span = {
          from: from === undefined ? undefined : new Date(from),
          to: to === undefined ? undefined : new Date(to),
        };
        if (span.from && span.to && span.from >= span.to) {
          throw new KontorError("bad-request", "body.to: must lie behind from");
        }
        const pages = language ?? (config.language.toLowerCase().startsWith("en") ? "en" : "de");
        const asked = { tenant, roomId, format, files, language: pages, reason, ...span };
        const id = await addExport(deps, asked, limits, { ...actorOf(caller), reason });
        await wake(redis, exportAdded, { tenant, id }, log);
        return shown(tenant, roomId, id, caller);
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/exports",
      summary: "Exports of a room, the latest first",
      scope: "archive:export",
      params: roomPath,
      query: z.object({
        cursor: place.schema.optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
      }),
      response: pageSchema(view),
      handle: async ({ params, query: { cursor: after, limit }, caller }) => {
        const { id: roomId } = await roomOf(params);
        const rows = await pageExports(db, params.tenant, roomId, { after, limit }, now());
        return pageOf(
          rows,
          limit,
          (row) => viewOf(row, caller),
          (last) => place.write([last.createdAt.toISOString(), last.id]),
        );
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/exports/{export}",
      summary: "How an export stands. If-None-Match watches it",
      scope: "archive:export",
      params: exportPath,
      response: view,
      etag,
      handle: async ({ params, caller }) => shown(params.tenant, (await roomOf(params)).id, params.export, caller),
    }),
    route({
      method: "delete",
      path: "/tenants/{tenant}/rooms/{room}/exports/{export}",
      summary: "Call an export off, or delete the ZIP of a finished one before its time",
      scope: "archive:export",
      params: exportPath,
      status: 204,
      handle: async ({ params, caller }) => {
        const { tenant, export: id } = params;
        const blob = await endExport(deps, { tenant, roomId: (await roomOf(params)).id, id }, actorOf(caller));
        if (blob === undefined) return;
        // No row names it any more: what cannot be removed now, the sweep finds.
        await bytes
          .remove({ tenant, blob })
          .catch((error: unknown) =>
            log.warn("The ZIP of an export is left to the sweep", { tenant, export: id, error }),
          );
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/exports/{export}/file",
      summary: "Take the ZIP of an own export along, whole or in ranges; each time is logged",
      scope: "archive:export",
      params: exportPath,
      response: storedFile,
      downloads: ["application/zip"],
      problems: ["conflict", "gone", "policy-violation", "range-not-satisfiable"],
      handle: async ({ params, caller }) => {
        const { tenant, room, export: id } = params;
        await requireArchive(db, tenant);
        const zip = await takeExport(deps, { tenant, roomId: (await roomOf(params)).id, id }, actorOf(caller));
        const { blob, size, sha256, createdAt } = zip;
        const open = (range: Parameters<ExportBytes["read"]>[2]) => bytes.read({ tenant, blob }, size, range);
        return new StoredFile({ type: "application/zip", filename: zipName(room, createdAt), size, sha256, open });
      },
    }),
  ];
}
