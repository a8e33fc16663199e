/** The REST door of what people set for their own presence, and of out of office on behalf of somebody. */
import { z } from "zod";
import { actorOf } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { type Caller, lineOfText, type Route, route, shownTag, versionTag } from "../platform/http.ts";
import { wake } from "../platform/wake.ts";
import { badgeAddress } from "./badge-address.ts";
import { cleanText } from "./core-stanza.ts";
import { audiences, audienceWithin, maySee } from "./core-visibility.ts";
import { presenceRulesChanged } from "./events.ts";
import type { PresenceHttpDeps } from "./http-deps.ts";
import { tenantPath } from "./http-shapes.ts";
import { type Absence, changeOwn, type OwnPresence, type PersonOf, readOwn } from "./store-own.ts";

const MAX_AHEAD_MS = 2 * 366 * 24 * 3_600_000;

const outOfOffice = z.strictObject({
  until: z.iso.datetime({ offset: true }).describe("In the future, at most two years; shown until then."),
  text: lineOfText(200)
    .refine((text) => cleanText(text) !== "", "has nothing to be shown")
    .describe("What others read."),
});
const shownAbsence = z.object({ until: z.iso.datetime(), text: z.string() });

const wish = z.strictObject({
  audience: z
    .enum(audiences)
    .nullable()
    .describe("Who of the tenant sees you; null: as the tenant has it. A wider one than the tenant's has no effect."),
  hideTimes: z.boolean().describe("Nobody learns since when you are there, away or idle."),
  outOfOffice: outOfOffice.nullable(),
  badge: z
    .boolean()
    .describe("Show your presence on public web pages. Each time it is switched on it has a new address."),
});
const answer = z.object({
  audience: wish.shape.audience,
  effective: z.enum(audiences).describe("Who of the tenant sees you, by its rules and your wish."),
  hideTimes: z.boolean(),
  outOfOffice: shownAbsence.nullable(),
  badge: z
    .object({
      svg: z.url(),
      json: z.url(),
      shown: z.boolean().describe("False: the tenant's rules or your own keep it hidden now."),
    })
    .nullable(),
  version: z.int().describe("0: nothing was set yet."),
});

const personPath = tenantPath.extend({ person: z.uuid() });
type Given = z.output<typeof outOfOffice>;

export function ownPresenceRoutes(deps: PresenceHttpDeps): Route[] {
  const { db, redis, log, clock, newId, newBadge, publicUrl } = deps;
  const etag = (shown: z.input<typeof answer>) => shownTag(shown.version, shown);

  const shown = ({ tenant }: PersonOf, own: OwnPresence): z.input<typeof answer> => ({
    audience: own.audience,
    effective: audienceWithin(own.rules, own),
    hideTimes: own.hideTimes,
    outOfOffice: absence(own),
    badge:
      own.badge === null
        ? null
        : { ...badgeAddress(publicUrl, tenant, own.badge), shown: maySee({ kind: "public" }, own.rules, own) },
    version: own.version,
  });

  /** Throws `bad-request` for an end that is over or too far away. */
  const absenceOf = ({ until, text }: Given): Absence => {
    const end = new Date(until);
    const ahead = end.getTime() - clock();
    if (ahead <= 0) throw new KontorError("bad-request", "body.outOfOffice.until: lies in the past");
    if (ahead > MAX_AHEAD_MS) throw new KontorError("bad-request", "body.outOfOffice.until: at most two years ahead");
    return { until: end, text: cleanText(text) };
  };

  const change = async (who: PersonOf, caller: Caller, to: Parameters<typeof changeOwn>[2], check = checkNothing) => {
    const by = { actor: actorOf(caller), now: new Date(clock()), newId, check };
    const own = await changeOwn(db, who, to, by);
    await wake(redis, presenceRulesChanged, { tenant: who.tenant }, log);
    return own;
  };

  const onBehalf = { path: "/tenants/{tenant}/people/{person}/out-of-office", params: personPath } as const;
  return [
    route({
      method: "get",
      path: "/own/presence",
      summary: "Who may see your presence, and what you have set for it",
      scope: "own:read",
      response: answer,
      etag,
      handle: async ({ caller }) => {
        const who = ownOf(caller);
        return shown(who, await readOwn(db, who, new Date(clock())));
      },
    }),
    route({
      method: "put",
      path: "/own/presence",
      summary:
        "Set who may see your presence, out of office, and your badge; you can hide more than the tenant, not less",
      scope: "own:change",
      body: wish,
      response: answer,
      etag,
      handle: async ({ body, caller, ifMatch }) => {
        const who = ownOf(caller);
        const { audience, hideTimes } = body;
        const away = body.outOfOffice && absenceOf(body.outOfOffice);
        const own = await change(
          who,
          caller,
          ({ badge }) => ({ audience, hideTimes, outOfOffice: away, badge: body.badge ? (badge ?? newBadge()) : null }),
          (version) => ifMatch(versionTag(version)),
        );
        return shown(who, own);
      },
    }),
    route({
      ...onBehalf,
      method: "get",
      summary: "Whether and until when a person is out of office",
      scope: "person:read",
      response: z.object({ outOfOffice: shownAbsence.nullable() }),
      handle: async ({ params }) => ({ outOfOffice: absence(await readOwn(db, params, new Date(clock()))) }),
    }),
    route({
      ...onBehalf,
      method: "put",
      summary: "Say on behalf of a person that it is out of office",
      scope: "person:change",
      body: outOfOffice,
      response: z.object({ outOfOffice: shownAbsence.nullable() }),
      handle: async ({ params, body, caller }) => {
        const away = absenceOf(body);
        return { outOfOffice: absence(await change(params, caller, (own) => ({ ...own, outOfOffice: away }))) };
      },
    }),
    route({
      ...onBehalf,
      method: "delete",
      summary: "End a person's being out of office",
      scope: "person:change",
      status: 204,
      handle: async ({ params, caller }) => {
        await change(params, caller, (own) => ({ ...own, outOfOffice: null }));
      },
    }),
  ];
}

const checkNothing = (_version: number): void => undefined;

const absence = ({ outOfOffice: away }: Pick<OwnPresence, "outOfOffice">) =>
  away && { until: away.until.toISOString(), text: away.text };

/** Throws `forbidden` for tokens: they have no presence. */
function ownOf({ principal: { person } }: Caller): PersonOf {
  if (!person) throw new KontorError("forbidden", "Only people have a presence of their own, tokens have none");
  return { tenant: person.tenant, person: person.id };
}
