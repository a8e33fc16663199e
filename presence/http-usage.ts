/** The REST door of presence's figures of days. */
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { type Route, route } from "../platform/http.ts";
import { dayOf } from "./core-day.ts";
import { domainOf, type PresenceHttpDeps } from "./http-deps.ts";
import { tenantPath } from "./http-shapes.ts";
import { readUsage } from "./store-usage.ts";

const MAX_DAYS = 800;
const DAY_MS = 24 * 3_600_000;
const day = z.iso.date();

export function presenceUsageRoutes(deps: Pick<PresenceHttpDeps, "db" | "clock">): Route[] {
  const { db, clock } = deps;
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/presence-usage",
      summary: "How many people were there at once and at all, by days of Europe/Berlin",
      scope: "presence:usage",
      params: tenantPath,
      query: z.object({
        from: day.optional().describe("The first day; thirty days before the last when left out."),
        to: day.optional().describe("The last day; today when left out."),
      }),
      response: z.object({
        from: day,
        to: day,
        days: z
          .array(
            z.object({
              day,
              peak: z.int().describe("People who were there at once, at most."),
              active: z.int().describe("People who were there at all; an estimate of about 1 %."),
            }),
          )
          .describe("Days without figures are left out; today's still grow."),
      }),
      handle: async ({ params: { tenant }, query }) => {
        await domainOf(deps, tenant);
        const to = query.to ?? dayOf(clock());
        const from = query.from ?? new Date(Date.parse(to) - 30 * DAY_MS).toISOString().slice(0, 10);
        const length = (Date.parse(to) - Date.parse(from)) / DAY_MS;
        if (length < 0) throw new KontorError("bad-request", "from is after to");
        if (length > MAX_DAYS) throw new KontorError("bad-request", `At most ${MAX_DAYS} days at once`);
        return { from, to, days: await readUsage(db, tenant, from, to) };
      },
    }),
  ];
}
