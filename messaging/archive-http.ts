/** The REST door of what was said: for who may read it, with a reason, and on record. */
import { actorOf } from "../identity/index.ts";
import { type Caller, type Route, route } from "../platform/http.ts";
import { archiveContext, searchArchive, searchRooms } from "./archive-search.ts";
import { excerpt } from "./core-excerpt.ts";
import { order, type RoomHttpDeps, requireArchive, requireReason } from "./http-deps.ts";
import * as shapes from "./http-shapes.ts";
import type { ShownEntry } from "./log.ts";
import { readRoom } from "./room-list.ts";

export function archiveHttp(deps: RoomHttpDeps): Route[] {
  const { db, clock } = deps;
  const now = () => new Date(clock());
  const reader = (caller: Caller) => ({ ...actorOf(caller), reason: requireReason(caller) });
  const idOf = async ({ tenant, room }: { readonly tenant: string; readonly room: string }) =>
    (await readRoom(db, tenant, room, now())).id;
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/archive",
      summary: "Search what was said in a room, or read it in order. Needs X-Reason; the reading is logged",
      scope: "archive:read",
      params: shapes.roomPath,
      query: shapes.archiveQuery,
      response: shapes.archivePage,
      problems: ["policy-violation"],
      handle: async ({ params, query: { cursor: beyond, limit, order, ...filter }, caller }) => {
        const actor = reader(caller);
        await requireArchive(db, params.tenant);
        const id = await idOf(params);
        const { items, complete } = await searchArchive(
          deps,
          params.tenant,
          id,
          filter,
          { order, beyond, limit },
          actor,
        );
        const last = items.at(-1);
        const next = complete || !last ? null : shapes.archivePlace.write(last.seq);
        return { items: items.map(messageOf), next };
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/archive",
      summary: "Search what was said in all rooms, by words or a nick. Needs X-Reason; the reading is logged",
      scope: "archive:read",
      params: shapes.tenantPath,
      query: shapes.archiveAcrossQuery,
      response: shapes.archiveAcrossPage,
      problems: ["policy-violation"],
      handle: async ({ params: { tenant }, query: { cursor: beyond, limit, order, ...filter }, caller }) => {
        const actor = reader(caller);
        await requireArchive(db, tenant);
        const { items, complete } = await searchRooms(deps, tenant, filter, { order, beyond, limit }, actor);
        const last = items.at(-1);
        const next =
          complete || !last ? null : shapes.archiveAcrossPlace.write({ at: last.at.toISOString(), id: last.id });
        const found = items.map(({ room: name, title, ended, ...item }) => ({
          ...messageOf(item),
          room: { name, title: title === "" ? name : title, ended },
        }));
        return { items: found, next };
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/archive/{message}/context",
      summary: "What was said around a message, oldest first. Needs X-Reason; the reading is logged",
      scope: "archive:read",
      params: shapes.messagePath,
      query: shapes.contextQuery,
      response: shapes.contextAnswer,
      problems: ["policy-violation"],
      handle: async ({ params, query, caller }) => {
        const actor = reader(caller);
        await requireArchive(db, params.tenant);
        const rows = await archiveContext(deps, params.tenant, await idOf(params), params.message, query, actor);
        return { items: rows.map(messageOf), next: null };
      },
    }),
    route({
      method: "post",
      path: "/tenants/{tenant}/rooms/{room}/archive/{message}/moderate",
      summary: "Take back what somebody said: it is gone, a tombstone stays. Needs X-Reason, which all are told",
      scope: "rooms:moderate",
      params: shapes.messagePath,
      status: 204,
      problems: ["gone", "unavailable"],
      handle: ({ params, caller }) =>
        order(deps, params, caller, { do: "moderate", message: params.message, reason: requireReason(caller) }),
    }),
  ];
}

interface Row extends ShownEntry {
  readonly hits: readonly string[];
}

const messageOf = ({ id, seq, at, nick, sender, body, hits }: Row) => ({
  ...{ id, seq, nick, sender, body },
  at: at.toISOString(),
  excerpt: excerpt(body ?? "", hits),
});
