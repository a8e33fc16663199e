/** The REST door of rooms. What is read comes from the database and from Redis; what changes one is its owner's to do. */
import { actorOf } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { pageOf, type Route, route, shownTag, versionTag } from "../platform/http.ts";
import { actRoutes } from "./acts-http.ts";
import { archiveHttp } from "./archive-http.ts";
import { eventRoutes } from "./events-http.ts";
import { domainOf, order, type RoomHttpDeps, requireReason } from "./http-deps.ts";
import * as shapes from "./http-shapes.ts";
import { countSessions } from "./live.ts";
import { makeRoom } from "./make-room.ts";
import { memberRoutes } from "./member-http.ts";
import { messageRoutes } from "./message-http.ts";
import { pageRooms, type RoomRow, readRoom } from "./room-list.ts";
import { rulesRoutes } from "./rules-http.ts";
import { statisticsRoutes } from "./statistics-http.ts";

/** How often a change is tried again that met another one of the same room. */
const TRIES = 3;

/** All routes of rooms. */
export function roomRoutes(deps: RoomHttpDeps): Route[] {
  const { db, redis, clock } = deps;
  const now = () => new Date(clock());
  const etag = (shown: shapes.RoomAnswer) => shownTag(shown.version, shown);
  const shown = async (tenant: string, name: string): Promise<shapes.RoomAnswer> => {
    const domain = await domainOf(deps, tenant);
    const row = await readRoom(db, tenant, name, now());
    const [occupants = null] = await countSessions(redis, tenant, [row.id]);
    const { password, ...config } = row.config;
    return { ...briefOf(row, domain, occupants), subject: row.subject, passwordSet: password !== "", config };
  };
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms",
      summary: "The rooms of a tenant, by pages",
      scope: "rooms:read",
      params: shapes.tenantPath,
      query: shapes.roomsQuery,
      response: shapes.roomPage,
      handle: async ({ params: { tenant }, query: { cursor: after, ...query } }) => {
        const domain = await domainOf(deps, tenant);
        const rows = await pageRooms(db, tenant, { ...query, after }, now());
        const counts = await countSessions(
          redis,
          tenant,
          rows.map(({ id }) => id),
        );
        const inside = new Map(rows.map(({ id }, at) => [id, counts[at] ?? null]));
        return pageOf(
          rows,
          query.limit,
          (row) => briefOf(row, domain, inside.get(row.id) ?? null),
          ({ sortKey, name }) => shapes.roomPlace.write([sortKey, name]),
        );
      },
    }),
    route({
      method: "post",
      path: "/tenants/{tenant}/rooms",
      summary: "Make a room",
      scope: "rooms:change",
      params: shapes.tenantPath,
      body: shapes.newRoom,
      status: 201,
      response: shapes.room,
      problems: ["conflict", "policy-violation", "quota-reached"],
      handle: async ({ params: { tenant }, body, caller }) => {
        await domainOf(deps, tenant);
        const { name, owner, config: changes } = body;
        await makeRoom(deps, tenant, { name, owner, changes }, () => actorOf(caller));
        return shown(tenant, name);
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}",
      summary: "A room with its configuration",
      scope: "rooms:read",
      params: shapes.roomPath,
      response: shapes.room,
      etag,
      handle: ({ params: { tenant, room } }) => shown(tenant, room),
    }),
    route({
      method: "patch",
      path: "/tenants/{tenant}/rooms/{room}",
      summary: "Change the configuration of a room; who is inside is told at once",
      scope: "rooms:change",
      params: shapes.roomPath,
      body: shapes.changes,
      response: shapes.room,
      problems: ["unavailable"],
      etag,
      handle: async ({ params, body, caller, ifMatch }) => {
        const { tenant, room } = params;
        for (let left = TRIES; ; left -= 1) {
          const { version } = await readRoom(db, tenant, room, now());
          // Who named a version is told by this that there is a newer one; for the others it is tried again.
          ifMatch(versionTag(version));
          try {
            await order(deps, params, caller, { do: "configure", changes: body, version });
            return await shown(tenant, room);
          } catch (error) {
            if (!(error instanceof KontorError) || error.code !== "precondition-failed" || left <= 1) throw error;
          }
        }
      },
    }),
    route({
      method: "delete",
      path: "/tenants/{tenant}/rooms/{room}",
      summary: "Destroy a room; what was said stays in the archive until its time. Needs X-Reason",
      scope: "rooms:change",
      params: shapes.roomPath,
      query: shapes.destroyQuery,
      status: 204,
      problems: ["unavailable"],
      handle: async ({ params, query: { alternate }, caller }) => {
        const reason = requireReason(caller);
        await order(deps, params, caller, { do: "destroy", alternate, reason });
      },
    }),
    ...memberRoutes(deps),
    ...actRoutes(deps),
    ...archiveHttp(deps),
    ...messageRoutes(deps),
    ...eventRoutes(deps),
    ...statisticsRoutes(deps),
    ...rulesRoutes(deps),
  ];
}

const briefOf = (row: RoomRow, domain: string, occupants: number | null) => {
  const { title, description, membersOnly, moderated, listed, persistent } = row.config;
  return {
    id: row.id,
    name: row.name,
    jid: `${row.name}@rooms.${domain}`,
    ...{ title, description, occupants, membersOnly, moderated, listed, persistent },
    messagesToday: row.messagesToday,
    locked: row.locked,
    createdAt: row.createdAt.toISOString(),
    lastMessageAt: row.lastMessageAt?.toISOString() ?? null,
    version: row.version,
  };
};
