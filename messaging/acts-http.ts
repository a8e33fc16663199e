/** The REST door of what is done in a room from outside: its subject, its picture, invitations. */
import { pageOf, type Route, route } from "../platform/http.ts";
import { namesOf, order, type RoomHttpDeps } from "./http-deps.ts";
import * as shapes from "./http-shapes.ts";
import { readRoom } from "./room-list.ts";
import { readAvatarOf } from "./store-avatar.ts";
import { pageInvitations } from "./store-invitations.ts";

export function actRoutes(deps: RoomHttpDeps): Route[] {
  const { db, clock } = deps;
  const path = "/tenants/{tenant}/rooms/{room}/avatar";
  const params = shapes.roomPath;
  return [
    route({
      method: "put",
      path: "/tenants/{tenant}/rooms/{room}/subject",
      summary: "Set the subject of a room; who is inside is told at once",
      scope: "rooms:moderate",
      params,
      body: shapes.subjectBody,
      status: 204,
      problems: ["unavailable"],
      handle: ({ params: room, body: { subject: text }, caller }) => order(deps, room, caller, { do: "subject", text }),
    }),
    route({
      method: "post",
      path: "/tenants/{tenant}/rooms/{room}/invitations",
      summary: "Invite people into a room, who become members where only those may enter; X-Reason is told to them",
      scope: "rooms:moderate",
      params,
      body: shapes.invitations,
      status: 204,
      problems: ["not-allowed", "policy-violation", "unavailable"],
      handle: ({ params: room, body: { invite: jids }, caller }) =>
        order(deps, room, caller, { do: "invite", jids, reason: caller.reason }),
    }),
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/invitations",
      summary:
        "Who was invited into a room within the last days, by pages: who came, who declined and why, what came back",
      scope: "rooms:moderate",
      params,
      query: shapes.invitationsQuery,
      response: shapes.invitationPage,
      handle: async ({ params: { tenant, room }, query: { cursor: after, ...query } }) => {
        const now = new Date(clock());
        const { id: roomId } = await readRoom(db, tenant, room, now);
        const rows = await pageInvitations(db, { tenant, roomId }, { ...query, after }, now);
        const names = await namesOf(
          deps,
          tenant,
          rows.flatMap(({ invitee, inviter }) => [invitee, inviter]),
        );
        return pageOf(
          rows,
          query.limit,
          ({ invitee: jid, inviter, at, answeredAt, ...rest }) => ({
            ...{ jid, name: names.get(jid) ?? null, inviter, inviterName: names.get(inviter) ?? null, ...rest },
            ...{ at: at.toISOString(), answeredAt: answeredAt?.toISOString() ?? null },
          }),
          ({ invitee }) => shapes.invitationPlace.write(invitee),
        );
      },
    }),
    route({
      method: "delete",
      path: "/tenants/{tenant}/rooms/{room}/invitations/{jid}",
      summary: "Take an invitation back that waits for its answer; who became a member by it alone is none any more",
      scope: "rooms:moderate",
      params: shapes.memberPath,
      status: 204,
      problems: ["unavailable"],
      handle: ({ params, caller }) => order(deps, params, caller, { do: "uninvite", jid: params.jid }),
    }),
    route({
      method: "get",
      path,
      summary: "The picture of a room",
      scope: "rooms:read",
      params,
      response: shapes.avatar,
      handle: async ({ params: { tenant, room } }) => {
        const { id } = await readRoom(db, tenant, room, new Date(clock()));
        const found = await readAvatarOf(db, tenant, id);
        return { avatar: found ? { type: found.type, data: found.bytes.toString("base64") } : null };
      },
    }),
    route({
      method: "put",
      path,
      summary: "Set the picture of a room",
      scope: "rooms:change",
      params,
      body: shapes.avatarBody,
      status: 204,
      problems: ["too-large", "unsupported-type", "unavailable"],
      handle: ({ params: room, body: { type, data: binval }, caller }) =>
        order(deps, room, caller, { do: "avatar", picture: { type, binval } }),
    }),
    route({
      method: "delete",
      path,
      summary: "Take the picture of a room away",
      scope: "rooms:change",
      params,
      status: 204,
      problems: ["unavailable"],
      handle: ({ params: room, caller }) => order(deps, room, caller, { do: "avatar" }),
    }),
  ];
}
