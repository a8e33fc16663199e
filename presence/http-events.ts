/** The REST door to presence as it changes: server-sent events for who may see it. */
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { type Route, route } from "../platform/http.ts";
import { EventStream, eventStream } from "../platform/http-event-stream.ts";
import { streamPlaces } from "../platform/stream-places.ts";
import { presenceEvents } from "./event-stream.ts";
import { domainOf, type PresenceHttpDeps } from "./http-deps.ts";
import * as shapes from "./http-shapes.ts";
import { presenceWatch } from "./tenant-watch.ts";

const MAX_STREAMS = 500;
const MAX_OWN = 10;
/** People that are remembered, for all streams of a process. */
const MAX_FOLLOWED = 2_000_000;

export function presenceEventRoutes(deps: PresenceHttpDeps): Route[] {
  const watch = presenceWatch(deps);
  const places = streamPlaces({ all: MAX_STREAMS, own: MAX_OWN });
  let followed = 0;
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/presence/events",
      summary:
        "Presence as it changes, as you may see it: server-sent events. `state` says since when the XMPP server is heard " +
        "(null: nothing is known now, whatever was told before), `reset` that all follows anew, `people` how people are " +
        "that have changed for you, `gone` who is not among those asked for any more. Last-Event-ID goes on from there. " +
        "It ends after five minutes, and with your right to read: come back",
      scope: "presence:read",
      params: shapes.tenantPath,
      query: z.object({
        localparts: shapes.localparts.optional(),
        group: z.uuid().optional().describe("A group that is shown in rosters."),
      }),
      response: eventStream,
      downloads: ["text/event-stream"],
      problems: ["too-many", "unavailable"],
      handle: async ({ params: { tenant }, query: { localparts, group }, caller: { principal }, lastEventId }) => {
        const asked = { localparts: localparts && new Set(localparts), group };
        const domain = await domainOf(deps, tenant);
        places.require(principal.id);
        const person = principal.person?.tenant === tenant ? principal.person : undefined;
        const seat = await watch.join(tenant, domain, person?.localpart);
        const expected = asked.localparts?.size ?? seat.snapshot().people.size;
        if (followed + expected > MAX_FOLLOWED) {
          seat.leave();
          throw new KontorError("too-many", "Too many people are followed, try again later or ask for fewer");
        }
        const leave = places.take(principal.id);
        let size = 0;
        const onSize = (now: number) => {
          followed += now - size;
          size = now;
        };
        return new EventStream(async function* (signal) {
          try {
            yield* presenceEvents(deps, { tenant, asked, principal, lastEventId, seat, onSize }, signal);
          } finally {
            onSize(0);
            leave();
            seat.leave();
          }
        });
      },
    }),
  ];
}
