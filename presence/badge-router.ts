/** The door of badges: the presence of who wants it shown on public pages, as a picture and as JSON. Nobody signs in. */
import express, { type Request, type Router } from "express";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { count, networkOf, throttle, tooMany } from "../platform/throttle.ts";
import { type Badge, type BadgeLanguage, badgeOf, badgeSvg } from "./core-badge.ts";
import { present } from "./core-present.ts";
import { maySee } from "./core-visibility.ts";
import type { PresenceReader } from "./store.ts";
import { findBadge } from "./store-badge.ts";

export interface BadgeDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly reader: PresenceReader;
  readonly clock: Clock;
  readonly languageOf: (request: Request) => BadgeLanguage;
}

/** Of one network: a page of a whole department, read by all behind one address. */
const ASKED = { points: 600, duration: 60 };
const FRESH_SECONDS = 15;

const address = z.object({
  tenant: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
  file: z.string().regex(/^[0-9a-f-]{36}\.(svg|json)$/),
});

export function badgeRouter(deps: BadgeDeps, bounds = ASKED): Router {
  const asked = throttle(deps.redis, "kontor:badge", bounds);
  const router = express.Router();
  router.get("/:tenant/:file", async (request, response) => {
    response.set({
      "Cache-Control": "no-store",
      "Access-Control-Allow-Origin": "*",
      // The picture stands on pages of others.
      "Cross-Origin-Resource-Policy": "cross-origin",
    });
    response.vary("Accept-Language");
    const state = await count(asked, networkOf(request.ip));
    if (state.consumedPoints > asked.points) throw tooMany("badges", state);
    const named = address.safeParse(request.params);
    const [badge, kind] = named.success ? named.data.file.split(".") : [];
    const parsed = z.uuid().safeParse(badge);
    const shown =
      named.success && parsed.success
        ? await readBadge(deps, named.data.tenant, parsed.data, deps.languageOf(request))
        : undefined;
    response.set("Cache-Control", `public, max-age=${FRESH_SECONDS}`);
    // The same for one that is unknown, switched off, or hidden by a rule.
    if (!shown) throw new KontorError("not-found", "There is no such badge");
    if (kind === "svg") response.type("image/svg+xml").send(badgeSvg(shown));
    else response.json(shown);
  });
  return router;
}

async function readBadge(
  { db, reader, clock }: BadgeDeps,
  tenant: string,
  badge: string,
  language: BadgeLanguage,
): Promise<Badge | undefined> {
  const found = await findBadge(db, tenant, badge, new Date(clock()));
  const person = found?.people[0];
  if (!found || !person) return undefined;
  const { rules, domain } = found;
  const viewer = { kind: "public" } as const;
  if (!maySee(viewer, rules, person.own)) return undefined;
  const view = await reader.read(tenant, [person.localpart]);
  const live = view.people.get(person.localpart);
  return badgeOf(present({ viewer, rules, domain, person, live, known: view.since !== undefined }), language);
}
