/** The REST door of exports: a room taken along as a ZIP, by who may, with a reason, as a job that can be watched. */
import type { Redis } from "ioredis";
import { z } from "zod";
import { actorOf } from "../../identity/index.ts";
import { KontorError } from "../../platform/errors.ts";
import {
  type Caller,
  cursor,
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
import { languages } from "../core-html.ts";
import { requireArchive, requireReason } from "../http-deps.ts";
import { roomPath } from "../http-shapes.ts";
import { readRoom } from "../room-list.ts";
import { exportStates } from "../tables.ts";
import { zipName } from "./core-names.ts";
import type { ExportBytes, ExportDeps } from "./deps.ts";
import { exportAdded } from "./jobs.ts";
import {
  addExport,
  type ExportLimits,
  type ExportRow,
  endExport,
  pageExports,
  readExport,
  takeExport,
} from "./store.ts";

export interface ExportHttpDeps extends ExportDeps {
  readonly redis: Redis;
  readonly log: Log;
  readonly bytes: Pick<ExportBytes, "read" | "remove">;
  readonly limits: ExportLimits;
}

const exportPath = roomPath.extend({ export: z.uuid() });
const instant = z.iso.datetime({ offset: true });
const time = z.iso.datetime();
const count = z.int().min(0);

const asking = z.strictObject({
  format: z.enum(["json", "html"]).describe("Lines of JSON, or pages to read."),
  files: z.boolean().default(true).describe("Also the files that messages link to."),
  from: instant.optional().describe("From this instant on."),
  to: instant.optional().describe("Up to before this instant."),
  language: z.enum(languages).optional().describe("Of the pages; else that of the room."),
});

const view = z.object({
  id: z.uuid(),
  state: z.enum(exportStates).describe("`deleted`: it was there, and its time is over."),
  format: z.enum(["json", "html"]),
  files: z.boolean(),
  language: z.enum(languages),
  from: time.nullable(),
  to: time.nullable(),
  reason: z.string(),
  askedBy: z.string(),
  mine: z.boolean().describe("Asked for by you: nobody else takes it along."),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  expiresAt: time.nullable().describe("When the ZIP is deleted."),
  progress: z.object({
    messages: count,
    messagesTotal: count.nullable().describe("Null until it has begun."),
    files: count,
    bytes: count.describe("Of the ZIP."),
    bytesExpected: count.nullable().describe("About, as far as the messages until now tell."),
  }),
  problem: z.object({ code: z.string(), detail: z.string() }).nullable(),
  zip: z.object({ bytes: count, sha256: z.string() }).nullable(),
  version: z.int(),
});
type View = z.input<typeof view>;

const place = cursor(z.tuple([time, z.uuid()]));

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

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

function viewOf(row: ExportRow, { principal }: Caller): View {
  const { id, state, format, language, reason, messages, messagesTotal, files, bytes, size, sha256, version } = row;
  const bytesExpected =
    messagesTotal === null || messages === 0 ? null : Math.round((bytes / messages) * messagesTotal);
  return {
    ...{ id, state, format, files: row.withFiles, language, from: iso(row.fromAt), to: iso(row.toAt), reason },
    ...{ askedBy: row.askedName, mine: row.askedBy === principal.id, createdAt: row.createdAt.toISOString() },
    ...{ startedAt: iso(row.startedAt), finishedAt: iso(row.finishedAt), expiresAt: iso(row.expiresAt) },
    progress: { messages, messagesTotal, files, bytes, bytesExpected },
    problem: row.problem === null ? null : { code: row.problem, detail: row.problemDetail ?? "" },
    zip: state !== "done" || size === null || sha256 === null ? null : { bytes: size, sha256 },
    version,
  };
}
