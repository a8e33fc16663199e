/** The door of XEP-0424 and XEP-0425: finds what is to be taken back before the room decides. */
import type { DoorContext } from "../components/door.ts";
import { jidText } from "../components/jid.ts";
import type { IqRoute } from "../components/router.ts";
import { childElements, type Element, x } from "../components/stanza.ts";
import { NS_RETRACT, retract } from "../components/xep/xep-0424-retraction.ts";
import { moderate, NS_MODERATE } from "../components/xep/xep-0425-moderation.ts";
import { KontorError } from "../platform/errors.ts";
import { groupchat } from "./core-message.ts";
import { moderation, requireErasable, requireModerator, retraction, versionsOf } from "./core-retract.ts";
import type { Effect, RoomState } from "./core-state.ts";
import type { LogEntry } from "./log.ts";
import { readEntry, readOwn, readSaidBy } from "./log-reads.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type Deps = Pick<RoomsDeps, "db" | "clock" | "newId">;

/** The retraction that a groupchat message asks for, or undefined; what only rooms say is none. */
export function asksToRetract(message: Element): Element | undefined {
  return message.getChildren("retract", NS_RETRACT).find((asked) => !asked.getChild("moderated"));
}

/**
 * A groupchat message by which somebody takes back an own one, which it names by its id of the archive (XEP-0424 4), or
 * as Converse.js does by the id that it was sent with. Throws what `groupchat` does, `not-found` for an unknown message,
 * `forbidden` for somebody else's, `gone` for one that was taken back before.
 */
export async function retractOwn(
  context: DoorContext,
  deps: Deps,
  room: RoomState,
  said: { readonly session: string; readonly message: Element; readonly asked: Element },
): Promise<Effect[]> {
  const { id } = retract.read(said.asked);
  const author = room.bySession.get(said.session)?.occupantId;
  const found = await findErasable(context.tenant.id, deps, room, id, author);
  const now = deps.clock();
  return groupchat(room, said.session, naming(found.target, id, said.message), now).map((effect) =>
    effect.do === "append" ? { do: "append", draft: retraction(effect.draft, found, now) } : effect,
  );
}

/**
 * The message with the archive's id of what it takes back, for those who go by that. What its sender calls it stays
 * behind it: those who call it so look for nothing else.
 */
function naming(target: LogEntry, id: string, message: Element): Element {
  if (id === target.id) return message;
  return x("message", message.attrs, retract.write({ id: target.id }), ...childElements(message));
}

/** The route by which moderators take back what anybody wrote. */
export function moderationRoute(context: DoorContext, rooms: Rooms, deps: Deps): IqRoute {
  return {
    to: "bare",
    type: "set",
    ns: NS_MODERATE,
    name: "moderate",
    handle: ({ from, to }, payload) =>
      rooms.withRoom(to.local, async (room) => {
        const moderator = () => {
          const occupant = room?.bySession.get(jidText(from));
          if (!occupant) throw new KontorError("not-acceptable", "Join the room first");
          requireModerator(occupant);
          return occupant;
        };
        moderator();
        if (!room) throw new KontorError("not-found", "There is no such room");
        const { id, reason } = moderate.read(payload);
        const found = await findErasable(context.tenant.id, deps, room, id);
        rooms.quota.count();
        // Who moderates may have left or lost the role while the message was looked for.
        const draft = moderation(room, moderator(), found, { id: deps.newId(), reason, now: deps.clock() });
        if (!(await rooms.append(room, draft))) throw new KontorError("unavailable");
        return undefined;
      }),
  };
}

/**
 * A message that is to be taken back, with its corrections. With an `author` (occupant id) it may also be named as they
 * named it, if they said it lately. Throws `not-found`, `gone`, `not-allowed`.
 */
export async function findErasable(
  tenant: string,
  { db, clock }: Deps,
  room: RoomState,
  id: string,
  author?: string,
): Promise<{ target: LogEntry; family: LogEntry[] }> {
  const now = new Date(clock());
  const target =
    (UUID.test(id) ? await readEntry(db, tenant, room.id, id, now) : undefined) ??
    (author === undefined ? undefined : await readOwn(db, tenant, room, { id, author }, now));
  if (!target) throw new KontorError("not-found", "The archive has no message with that id (any more)");
  requireErasable(room, target);
  return { target, family: versionsOf(target, await readSaidBy(db, tenant, room.id, target)) };
}
