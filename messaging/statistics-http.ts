/** The REST door of figures of rooms: without content, for whoever sees the rooms. */
import { type Route, route } from "../platform/http.ts";
import { domainOf, type RoomHttpDeps } from "./http-deps.ts";
import * as shapes from "./http-shapes.ts";
import { countSessions } from "./live.ts";
import { readRoom } from "./room-list.ts";
import { archiveFigures, messagesByDay } from "./statistics.ts";
import { openRoomIds } from "./store.ts";

export function statisticsRoutes(deps: RoomHttpDeps): Route[] {
  const { db, redis, clock } = deps;
  /** Connections inside all of these rooms; null while that is not known. */
  const inside = async (tenant: string, rooms: readonly string[]): Promise<number | null> =>
    (await countSessions(redis, tenant, rooms)).reduce<number | null>(
      (sum, each) => (sum === null || each === null ? null : sum + each),
      0,
    );
  const figures = async (tenant: string, room: string | undefined, days: number) => {
    const now = new Date(clock());
    const { lastMessageAt, ...archive } = await archiveFigures(db, tenant, room, now);
    return {
      ...archive,
      lastMessageAt: lastMessageAt?.toISOString() ?? null,
      days: await messagesByDay(db, tenant, room, days, now),
    };
  };
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/statistics",
      summary: "Figures of a room: who is inside, what is kept, messages by day (Europe/Berlin)",
      scope: "rooms:read",
      params: shapes.roomPath,
      query: shapes.daysQuery,
      response: shapes.roomStatistics,
      handle: async ({ params: { tenant, room }, query }) => {
        const { id } = await readRoom(db, tenant, room, new Date(clock()));
        return { ...(await figures(tenant, id, query.days)), occupants: await inside(tenant, [id]) };
      },
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/room-statistics",
      summary: "Figures of all rooms of a tenant: who is inside, what is kept, messages by day (Europe/Berlin)",
      scope: "rooms:read",
      params: shapes.tenantPath,
      query: shapes.daysQuery,
      response: shapes.tenantStatistics,
      handle: async ({ params: { tenant }, query }) => {
        await domainOf(deps, tenant);
        const all = await figures(tenant, undefined, query.days);
        const rooms = await openRoomIds(db, tenant);
        const occupants = await inside(tenant, rooms);
        return { ...all, occupants, rooms: rooms.length, messagesToday: all.days.at(-1)?.messages ?? 0 };
      },
    }),
  ];
}
