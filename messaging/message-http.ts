/** The REST door of talk in rooms: for people as themselves and for bots, within what a room lets them (XEP-0045, XEP-0313). */
import { type Route, route } from "../platform/http.ts";
import { readArchive } from "./archive-log.ts";
import { addressOf, orderSaying, type RoomHttpDeps, requireArchive } from "./http-deps.ts";
import * as shapes from "./http-shapes.ts";
import { itemOf, requireReader } from "./message-reader.ts";
import { readRoom } from "./room-list.ts";

export function messageRoutes(deps: RoomHttpDeps): Route[] {
  const { db, clock } = deps;
  const now = () => new Date(clock());
  const problems = ["gone", "not-allowed", "policy-violation", "too-many", "unavailable"] as const;
  return [
    route({
      method: "get",
      path: "/tenants/{tenant}/rooms/{room}/messages",
      summary:
        "What was said in a room that is open to you, by pages both ways, oldest first; without `cursor` the newest",
      scope: "messages:read",
      params: shapes.roomPath,
      query: shapes.messagesQuery,
      response: shapes.messages,
      problems: ["not-found", "unavailable"],
      handle: async ({ params: { tenant, room }, query: { cursor, limit }, caller }) => {
        await requireArchive(db, tenant);
        const row = await readRoom(db, tenant, room, now());
        const by = await addressOf(deps, tenant, caller);
        const reader = await requireReader(db, tenant, row.id, by);
        const newer = cursor && "newer" in cursor ? cursor.newer : undefined;
        const page = {
          ...{ upTo: Number.MAX_SAFE_INTEGER, start: undefined, end: undefined, ids: undefined, texts: [] },
          ...{ sender: undefined, nick: undefined, afterId: undefined, beforeId: undefined },
          pageAfter: newer,
          pageBefore: cursor && "older" in cursor ? cursor.older : undefined,
          last: newer === undefined,
          limit,
        };
        const { entries, complete } = await readArchive(db, tenant, row.id, page, now());
        const [first, final] = [entries[0], entries.at(-1)];
        // Whoever pages forwards was behind something; whoever pages backwards has something before it.
        const hasOlder = newer !== undefined || !complete;
        return {
          items: entries.map((entry) => itemOf(entry, reader)),
          older: first && hasOlder ? shapes.messagePlace.write({ older: first.id }) : null,
          newer: final
            ? shapes.messagePlace.write({ newer: final.id })
            : newer
              ? shapes.messagePlace.write({ newer })
              : null,
        };
      },
    }),
    route({
      method: "post",
      path: "/tenants/{tenant}/rooms/{room}/messages",
      summary: "Say something in a room, as the person that asks or as a bot of the tenant",
      scope: "messages:write",
      params: shapes.roomPath,
      body: shapes.sayBody,
      status: 201,
      response: shapes.saidAnswer,
      problems,
      handle: async ({ params, body, caller }) => ({
        id: await orderSaying(deps, params, caller, { do: "say", ...body }),
      }),
    }),
    route({
      method: "put",
      path: "/tenants/{tenant}/rooms/{room}/messages/{message}",
      summary: "Correct an own message (XEP-0308): the correction is a message of its own",
      scope: "messages:write",
      params: shapes.messagePath,
      body: shapes.sayBody,
      response: shapes.saidAnswer,
      problems,
      handle: async ({ params, body, caller }) => {
        const { message } = params;
        return { id: await orderSaying(deps, params, caller, { do: "correct", message, ...body }) };
      },
    }),
    route({
      method: "delete",
      path: "/tenants/{tenant}/rooms/{room}/messages/{message}",
      summary:
        "Take back an own message (XEP-0424), or as owner or administrator of the room somebody else's (XEP-0425, with " +
        "X-Reason, which all are told): its text and its files are gone, a tombstone stays",
      scope: "messages:write",
      params: shapes.messagePath,
      status: 204,
      problems,
      handle: async ({ params, caller }) => {
        await orderSaying(deps, params, caller, { do: "retract", message: params.message });
      },
    }),
    route({
      method: "put",
      path: "/tenants/{tenant}/rooms/{room}/messages/{message}/reactions",
      summary: "React to a message (XEP-0444): these emojis in place of earlier ones",
      scope: "messages:write",
      params: shapes.messagePath,
      body: shapes.reactBody,
      response: shapes.saidAnswer,
      problems,
      handle: async ({ params, body: { emojis }, caller }) => {
        const { message } = params;
        return { id: await orderSaying(deps, params, caller, { do: "react", message, emojis }) };
      },
    }),
  ];
}
