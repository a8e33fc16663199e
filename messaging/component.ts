/** The XMPP door of messaging: rooms at `rooms.<tenant domain>` (XEP-0045), their archive (XEP-0313) and directory. */
import type { Door, DoorContext, DoorHandlers } from "../components/door.ts";
import type { Held } from "../components/hold.ts";
import { bareOf, jidText } from "../components/jid.ts";
import type { Incoming, IqRoute } from "../components/router.ts";
import { attr, childElements, type Element, x } from "../components/stanza.ts";
import { mucJoin, NS_MUC } from "../components/xep/xep-0045-muc.ts";
import { NS_RSM } from "../components/xep/xep-0059-result-set.ts";
import { NS_PING } from "../components/xep/xep-0199-ping.ts";
import { NS_MAM } from "../components/xep/xep-0313-archive.ts";
import { NS_STANZA_ID } from "../components/xep/xep-0359-stanza-ids.ts";
import { NS_OCCUPANT_ID } from "../components/xep/xep-0421-occupant-id.ts";
import { KontorError } from "../platform/errors.ts";
import { adminRoutes } from "./admin.ts";
import { archiveRoutes } from "./archive.ts";
import { avatarRoutes } from "./avatar.ts";
import { type Background, startBackground } from "./background.ts";
import { ownerRoutes } from "./configure.ts";
import { avatarTo } from "./core-avatar.ts";
import { join } from "./core-entry.ts";
import { groupchat, privateMessage } from "./core-message.ts";
import { changePresence, leave } from "./core-presence.ts";
import { checkOutsider } from "./core-rules.ts";
import { affiliationOf, type Effect, everySession, nickKey, type RoomState } from "./core-state.ts";
import { discoveryRoutes } from "./discovery.ts";
import { type Letters, roomLetters } from "./letters.ts";
import { personLimit } from "./person-limit.ts";
import { registerRoutes } from "./register.ts";
import { asksToRetract, moderationRoute, retractOwn } from "./retract.ts";
import { createRooms, type Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";

/** Conditions of a bounced stanza that mean the receiver is gone (as servers' own rooms take them). */
const GONE = [
  "gone",
  "item-not-found",
  "recipient-unavailable",
  "redirect",
  "remote-server-not-found",
  "service-unavailable",
];
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
  const background = startBackground(context, rooms, deps);
  return {
    identity: { category: "conference", type: "text", name: "Räume" },
    features: [NS_MUC, NS_MAM, NS_STANZA_ID, NS_OCCUPANT_ID, NS_RSM],
    iq: [
      ...discoveryRoutes(context, rooms, deps),
      ...archiveRoutes(context, rooms, deps).map((each) => ifArchived(rooms, each)),
      ...ownerRoutes(rooms),
      ...adminRoutes(rooms, deps.newId),
      ...registerRoutes(rooms, limit),
      ...avatarRoutes(context, rooms, deps),
      moderationRoute(context, rooms, deps),
      selfPing(rooms),
    ],
    // XEP-0045 7.2: clients know the errors of rooms among those of people by this element.
    errorContext: (refused) => (refused.name === "presence" ? x("x", { xmlns: NS_MUC }) : undefined),
    message: (incoming) => onMessage(context, rooms, letters, incoming, deps),
    presence: (incoming) => onPresence(context, rooms, incoming),
    onOnline: background.online,
    onOffline: background.offline,
    close: background.stop,
  };
}

function onMessage(
  context: DoorContext,
  rooms: Rooms,
  letters: Letters,
  incoming: Incoming,
  deps: RoomsDeps,
): void | Promise<void> {
  const { stanza, from, to } = incoming;
  const type = attr(stanza, "type");
  if (type === "error") return dropIfGone(rooms, incoming, letters);
  if (to.local === "") throw new KontorError("service-unavailable", "Send messages to a room of this domain");
  const { held } = incoming;
  if (held?.again) {
    return rooms.withRepeated(to.local, held.mark, (room, logged) => {
      if (room && logged) reflectAgain(context, rooms, room, logged, held);
      else if (!context.isReleased(held.mark)) return said();
    });
  }
  return said();

  function said() {
    return rooms.inRoom(to.local, (room) => {
      const session = jidText(from);
      rooms.rates.message(bareOf(from), room.id);
      const say = (effects: readonly Effect[]) => {
        // Typing and the like says nothing. What is refused for another reason counts for nothing.
        if (stanza.getChild("body") || effects.some((effect) => effect.do === "append")) rooms.quota.count();
        rooms.apply(room, held ? effects.map((effect) => keptUntilReflected(effect, held)) : effects);
        if (held && effects.some((effect) => effect.do === "append")) held.take();
      };
      if (to.resource !== "") return say(privateMessage(room, session, to.resource, stanza));
      if (type === "groupchat") {
        const asked = asksToRetract(stanza);
        if (!asked) return say(groupchat(room, session, stanza, deps.clock()));
        return retractOwn(context, deps, room, { session, message: stanza, asked }).then(say);
      }
      return refuseUnless(letters.take(room, incoming));
    });
  }
}

/** The server keeps a message until everybody has it. */
const keptUntilReflected = (effect: Effect, { mark }: Held): Effect =>
  effect.do === "append" ? { ...effect, draft: { ...effect.draft, held: mark } } : effect;

/** A message is in the log, and whoever put it there ended before anybody was given it. */
function reflectAgain(context: DoorContext, rooms: Rooms, room: RoomState, stanza: Element, held: Held): void {
  // Unless it was we who were at it when the stream broke, and are done since.
  if (context.isReleased(held.mark)) return;
  rooms.apply(room, [{ do: "send", stanza, to: everySession(room), releases: held.take() }]);
}

/** Where nothing is archived, nothing is read back. */
const ifArchived = (rooms: Rooms, route: IqRoute): IqRoute => ({
  ...route,
  handle: (...asked) => {
    if (rooms.rules.now().archive) return route.handle(...asked);
    throw new KontorError("feature-not-implemented", "The rules of this tenant let no archive be kept");
  },
});

function refuseUnless(taken: boolean | Promise<boolean>): void | Promise<void> {
  if (taken instanceof Promise) return taken.then(refuseUnless);
  if (!taken) throw new KontorError("feature-not-implemented", "Rooms take messages of type groupchat");
}

function onPresence(context: DoorContext, rooms: Rooms, incoming: Incoming): void | Promise<void> {
  const { stanza, from, to } = incoming;
  const type = attr(stanza, "type");
  if (type === "error") return dropIfGone(rooms, incoming);
  if (type !== undefined && type !== "unavailable") return;
  if (to.local === "") return;
  const jid = jidText(from);
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
      created,
    };
    rooms.apply(room, [...join(room, request), ...avatarTo(room, jid)]);
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

function dropIfGone(rooms: Rooms, incoming: Incoming, letters?: Letters): void | Promise<void> {
  const { stanza, from, to } = incoming;
  const condition = stanza.getChild("error")?.children.find((child) => typeof child === "object")?.name ?? "";
  if (to.local === "" || !GONE.includes(condition)) return;
  return rooms.withRoom(to.local, (room) => {
    if (!room) return;
    letters?.bounced(room, incoming);
    rooms.apply(room, leave(room, jidText(from), true));
  });
}

/** XEP-0410: an occupant asks whether it is still in the room by a ping to its own address. */
function selfPing(rooms: Rooms): IqRoute {
  return {
    to: "full",
    type: "get",
    ns: NS_PING,
    handle: ({ from, to }) =>
      rooms.withRoom(to.local, (room) => {
        const occupant = room?.bySession.get(jidText(from));
        if (!occupant) throw new KontorError("not-acceptable", "You are not in this room");
        if (nickKey(occupant.nick) !== nickKey(to.resource)) {
          throw new KontorError("service-unavailable", "Other occupants can't be pinged through this room");
        }
        return undefined;
      }),
  };
}
