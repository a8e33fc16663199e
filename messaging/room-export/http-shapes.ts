/** What the REST door of exports takes and gives. */
import { z } from "zod";
import { type Caller, cursor } from "../../platform/http.ts";
import { languages } from "../core-html.ts";
import { roomPath } from "../http-shapes.ts";
import { exportStates } from "../tables.ts";
import type { ExportRow } from "./store.ts";

export const exportPath = roomPath.extend({ export: z.uuid() });
const instant = z.iso.datetime({ offset: true });
const time = z.iso.datetime();
const count = z.int().min(0);

export const asking = z.strictObject({
  format: z.enum(["json", "html"]).describe("Lines of JSON, or pages to read."),
  files: z.boolean().default(true).describe("Also the files that messages link to."),
  from: instant.optional().describe("From this instant on."),
  to: instant.optional().describe("Up to before this instant."),
  language: z.enum(languages).optional().describe("Of the pages; else that of the room."),
});

export const view = z.object({
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
export type View = z.input<typeof view>;

export const place = cursor(z.tuple([time, z.uuid()]));

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** An export as the API shows it to a caller. */
export function viewOf(row: ExportRow, { principal }: Caller): View {
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
