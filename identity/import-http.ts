import express, { type RequestHandler } from "express";
import { z } from "zod";
import { type Route, route } from "../platform/http.ts";
import { actorOf } from "./audit.ts";
import { faultKinds, importPeople } from "./import-people.ts";
import type { PeopleDeps } from "./person-tables.ts";

const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true");
const lineReport = z.object({
  line: z.int(),
  localpart: z.string(),
  problem: z.string().nullable(),
  fault: z
    .object({ kind: z.enum(faultKinds), about: z.string() })
    .nullable()
    .describe("The kind of the problem, and the column, line, name or groups that it is about."),
  invitation: z.object({ link: z.string(), expiresAt: z.iso.datetime() }).nullable(),
});

/** Import of people: the body is `{csv}`, or `text/csv` where `csvBody` is mounted before the routes. */
export function importRoute(deps: PeopleDeps): Route {
  return route({
    method: "post",
    path: "/tenants/{tenant}/people/import",
    summary: "Import people from CSV (localpart,name,email,groups); nobody unless all lines are good",
    scope: "person:create",
    params: z.object({ tenant: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/) }),
    query: z.object({
      dryRun: flag.describe("`true`: report only."),
      partial: flag.describe("`true`: import the good lines although others are bad."),
    }),
    body: z.strictObject({ csv: z.string().min(1) }),
    response: z.object({ lines: z.array(lineReport), good: z.int(), bad: z.int(), imported: z.int() }),
    problems: ["conflict", "policy-violation", "too-large"],
    secret: true,
    handle: async ({ params, query, body, caller }) => {
      const report = await importPeople(deps, params.tenant, body.csv, query, actorOf(caller));
      return { ...report, lines: [...report.lines] };
    },
  });
}

const text = express.text({ type: "text/csv", limit: "256kb" });

/** Makes `{csv}` of a `text/csv` body. Mount it at `/api/v1/tenants/:tenant/people/import`, before the routes. */
export const csvBody: RequestHandler = (request, response, next) => {
  text(request, response, (error?: unknown) => {
    if (!error && typeof request.body === "string") request.body = { csv: request.body };
    next(error);
  });
};
