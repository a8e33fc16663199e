/** The REST door of who belongs to a room, and who is inside. */
import { KontorError } from "../platform/errors.ts";
import { pageOf, type Route, route } from "../platform/http.ts";
import { namesOf, order, type RoomHttpDeps, requireReason } from "./http-deps.ts";
import * as shapes from "./http-shapes.ts";
import { readOccupants } from "./occupants.ts";
import { pageMembers, readRoom } from "./room-list.ts";

export function memberRoutes(deps: RoomHttpDeps): Route[] {
  const { db, redis, clock } = deps;
  const roomOf = ({ tenant, room }: { readonly tenant: string; readonly room: string }) =>
    readRoom(db, tenant, room, new Date(clock()));
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/members",
      summary: "Owners, administrators, members and banned people of a room, by pages",
      scope: "rooms:read",
      params: shapes.roomPath,
      query: shapes.membersQuery,
      response: shapes.memberPage,
      handle: async ({ params, query: { cursor: after, ...query } }) => {
        const { tenant } = params;
        const { id } = await roomOf(params);
        const rows = await pageMembers(db, tenant, id, { ...query, after });
        const names = await namesOf(
          deps,
          tenant,
          rows.map(({ jid }) => jid),
        );
        return pageOf(
          rows,
          query.limit,
          (row) => ({ ...row, name: names.get(row.jid) ?? null }),
          ({ jid }) => shapes.memberPlace.write(jid),
        );
      },
    }),
    route({
      method: "put",
      path: "/tenants/{tenant}/rooms/{room}/members/{jid}",
      summary: "Tie somebody to a room, or ban him (`outcast`, which may be a whole domain); X-Reason is told to him",
      scope: "rooms:moderate",
      params: shapes.memberPath,
      body: shapes.membership,
      status: 204,
      problems: ["conflict", "not-acceptable", "too-many", "unavailable"],
      handle: ({ params, body, caller }) =>
        order(deps, params, caller, { do: "affiliate", jid: params.jid, ...body, reason: caller.reason }),
    }),
    route({
      method: "delete",
      path: "/tenants/{tenant}/rooms/{room}/members/{jid}",
      summary: "End somebody's tie to a room, or his ban",
      scope: "rooms:moderate",
      params: shapes.memberPath,
      status: 204,
      problems: ["conflict", "unavailable"],
      handle: ({ params, caller }) =>
        order(deps, params, caller, {
          do: "affiliate",
          jid: params.jid,
          affiliation: "none",
          reason: caller.reason,
        }),
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/occupants",
      summary: "Who is inside now, by pages",
      scope: "rooms:read",
      params: shapes.roomPath,
      query: shapes.occupantsQuery,
      response: shapes.occupantPage,
      problems: ["unavailable"],
      handle: async ({ params, query: { cursor: after, ...query } }) => {
        const { id } = await roomOf(params);
        const rows = await readOccupants(db, redis, params.tenant, id, { ...query, after });
        if (!rows) throw new KontorError("unavailable", "Who is inside is not known at the moment, try again later");
        return pageOf(
          rows,
          query.limit,
          (row) => row,
          ({ nick, occupantId }) => shapes.occupantPlace.write([nick, occupantId]),
        );
      },
    }),
    route({
      method: "post",
      path: "/tenants/{tenant}/rooms/{room}/occupants/{occupant}/kick",
      summary: "Put somebody out of a room, who may come again. Needs X-Reason, which is told to him",
      scope: "rooms:moderate",
      params: shapes.occupantPath,
      status: 204,
      problems: ["unavailable"],
      handle: ({ params, caller }) =>
        order(deps, params, caller, {
          do: "role",
          occupantId: params.occupant,
          role: "none",
          reason: requireReason(caller),
        }),
    }),
    route({
      method: "put",
      path: "/tenants/{tenant}/rooms/{room}/occupants/{occupant}/role",
      summary: "Give or take the voice of somebody inside, or make him a moderator, until he leaves",
      scope: "rooms:moderate",
      params: shapes.occupantPath,
      body: shapes.roleBody,
      status: 204,
      problems: ["unavailable"],
      handle: ({ params, body: { role }, caller }) =>
        order(deps, params, caller, { do: "role", occupantId: params.occupant, role, reason: caller.reason }),
    }),
  ];
}
