/** The XMPP door of messaging: rooms at `rooms.<tenant domain>` (XEP-0045), their archive (XEP-0313) and directory. */
import type { Door, DoorContext, DoorHandlers } from "../components/door.ts";
import { bareOf, jidText } from "../components/jid.ts";
import type { Incoming, IqRoute } from "../components/router.ts";
import { attr, childElements, x } from "../components/stanza.ts";
import { mucJoin, NS_MUC } from "../components/xep/xep-0045-muc.ts";
import { NS_RSM } from "../components/xep/xep-0059-result-set.ts";
import { NS_MAM } from "../components/xep/xep-0313-archive.ts";
import { NS_STANZA_ID } from "../components/xep/xep-0359-stanza-ids.ts";
import { NS_OCCUPANT_ID } from "../components/xep/xep-0421-occupant-id.ts";
import { KontorError } from "../platform/errors.ts";
import { adHoc } from "./adhoc.ts";
import { adminRoutes } from "./admin.ts";
import { archiveRoutes } from "./archive.ts";
import { avatarRoutes } from "./avatar.ts";
import { type Background, startBackground } from "./background.ts";
import { ownerRoutes } from "./configure.ts";
import { avatarTo } from "./core-avatar.ts";
import { join } from "./core-entry.ts";
import { changePresence, leave } from "./core-presence.ts";
import { checkOutsider } from "./core-rules.ts";
import { affiliationOf, type RoomState } from "./core-state.ts";
import { discoveryRoutes } from "./discovery.ts";
import { roomLetters } from "./letters.ts";
import { type Lost, lostOccupants } from "./lost.ts";
import { roomMessages } from "./messages.ts";
import { occupantIq } from "./occupant-iq.ts";
import { personLimit } from "./person-limit.ts";
import { registerRoutes } from "./register.ts";
import { moderationRoute } from "./retract.ts";
import { createRooms, type Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { searchRoute } from "./search.ts";

/** Invitations, requests for voice and registrations of one person. */
const LETTERS_PER_MINUTE = 60;

export interface MessagingDeps extends RoomsDeps {
  readonly background: Background;
}

/** The door for the rooms of each tenant. */
export function roomsDoor(deps: MessagingDeps): Door {
  return { prefix: "rooms", open: (context) => openRooms(context, deps) };
}

function openRooms(context: DoorContext, deps: MessagingDeps): DoorHandlers {
  const rooms = createRooms(context, deps);
  const limit = personLimit(LETTERS_PER_MINUTE, deps.clock);
  const { domain } = context.tenant;
  const letters = roomLetters(rooms, { limit, domain, newId: deps.newId, send: context.send });
  const lost = lostOccupants(context, rooms);
  const messages = roomMessages(context, { rooms, letters, lost }, deps);
  const commands = adHoc(context, rooms, deps, limit);
  const background = startBackground(context, rooms, deps);
  return {
    identity: { category: "conference", type: "text", name: "Räume" },
    features: [NS_MUC, NS_MAM, NS_STANZA_ID, NS_OCCUPANT_ID, NS_RSM],
    iq: [
      ...discoveryRoutes(context, rooms, deps, commands),
      ...commands.routes,
      searchRoute(context, rooms, deps),
      ...archiveRoutes(context, rooms, deps).map((each) => ifArchived(rooms, each)),
      ...ownerRoutes(rooms),
      ...adminRoutes(rooms),
      ...registerRoutes(rooms, limit),
      ...avatarRoutes(context, rooms, deps),
      moderationRoute(context, rooms, deps),
    ],
    relay: occupantIq(context, rooms),
    describeNode: commands.info,
    // XEP-0045 7.2: clients know the errors of rooms among those of people by this element.
    errorContext: (refused) => (refused.name === "presence" ? x("x", { xmlns: NS_MUC }) : undefined),
    message: (incoming) => messages.take(incoming),
    presence: (incoming) =>
      attr(incoming.stanza, "type") === "error"
        ? messages.bounced(incoming)
        : onPresence(context, { rooms, lost }, incoming),
    onOnline: background.online,
    onOffline: background.offline,
    close: () => {
      lost.stop();
      return background.stop();
    },
  };
}

/** Where nothing is archived, nothing is read back. */
const ifArchived = (rooms: Rooms, route: IqRoute): IqRoute => ({
  ...route,
  handle: (...asked) => {
    if (rooms.rules.now().archive) return route.handle(...asked);
    throw new KontorError("feature-not-implemented", "The rules of this tenant let no archive be kept");
  },
});

function onPresence(
  context: DoorContext,
  { rooms, lost }: { readonly rooms: Rooms; readonly lost: Lost },
  incoming: Incoming,
): void | Promise<void> {
  const { stanza, from, to } = incoming;
  const type = attr(stanza, "type");
  if (type !== undefined && type !== "unavailable") return;
  if (to.local === "") return;
  const jid = jidText(from);
  lost.heardFrom(jid);
  const presence = childElements(stanza);
  if (type === "unavailable") {
    return rooms.withRoom(to.local, (room) => room && rooms.apply(room, leave(room, jid, false, presence)));
  }
  if (to.resource === "") throw new KontorError("jid-malformed", "Join as room@domain/nick");
  const muc = stanza.getChild("x", NS_MUC);
  const asked = muc && mucJoin.read(muc);
  const enter = (room: RoomState, created: boolean) => {
    const bare = bareOf(from);
    rooms.rates.join(bare, room.id);
    checkOutsider(rooms.rules.now(), affiliationOf(room, bare), from.domain !== context.tenant.domain);
    const request = {
      jid,
      bare,
      nick: to.resource,
      occupantId: rooms.occupantId(room, bare),
      presence,
      history: asked?.history,
      password: asked?.password,
      logged: rooms.rules.now().archive,
      created,
    };
    rooms.applyHeld(room, [...join(room, request), ...avatarTo(room, jid)], incoming.held);
    rooms.invitations.entered(room, bare);
  };
  return rooms.withRoom(to.local, (room) => {
    if (room && muc) return enter(room, false);
    const changed = room && changePresence(room, { jid, nick: to.resource, presence });
    if (room && changed) return rooms.apply(room, changed);
    // Presence without the join element is no wish to join (7.2.1); a client that lost its place is told so.
    if (!muc) throw new KontorError("not-acceptable", "Join the room first");
    // Only people of the tenant make rooms.
    if (from.domain !== context.tenant.domain) throw new KontorError("not-found", "There is no such room");
    return rooms.withNewRoom(to.local, bareOf(from), enter);
  });
}
