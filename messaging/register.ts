/** The XMPP door of registering with a room, and of asking for one's own nick (XEP-0045 7.10, 7.12). */
import { bareOf, jidText } from "../components/jid.ts";
import type { Incoming, IqRoute } from "../components/router.ts";
import type { Element } from "../components/stanza.ts";
import { NS_REGISTER, registration } from "../components/xep/xep-0077-registration.ts";
import { changeOf, storeChecked } from "./admin.ts";
import { languageOf } from "./configure.ts";
import { applyAdmin } from "./core-admin.ts";
import { checkMayRegister, registered, registrationForm, reservedNick, unregistered } from "./core-register.ts";
import type { RoomState } from "./core-state.ts";
import type { PersonLimit } from "./person-limit.ts";
import type { Rooms } from "./rooms.ts";

/** The routes at each room's bare address. */
export function registerRoutes(rooms: Rooms, limit: PersonLimit): IqRoute[] {
  return [
    {
      to: "bare",
      type: "get",
      ns: NS_REGISTER,
      handle: (incoming) =>
        rooms.inRoom(incoming.to.local, (room) => {
          const bare = bareOf(incoming.from);
          const username = reservedNick(room, bare);
          if (username !== undefined) return registration.write({ registered: true, username, remove: false });
          checkMayRegister(room, bare);
          const form = registrationForm(room, languageOf(incoming));
          return registration.write({ registered: false, remove: false, form });
        }),
    },
    {
      to: "bare",
      type: "set",
      ns: NS_REGISTER,
      handle: (incoming, query) =>
        rooms.inRoom(incoming.to.local, (room) => change(rooms, room, incoming, query, limit)),
    },
  ];
}

function change(rooms: Rooms, room: RoomState, { from }: Incoming, query: Element, limit: PersonLimit) {
  const bare = bareOf(from);
  const { remove, form } = registration.read(query);
  return rooms.alone(room, async (): Promise<undefined> => {
    const memberships = remove ? unregistered(room, bare) : registered(room, bare, form);
    limit.count(bare, 1);
    const asker = { bare, occupant: room.bySession.get(jidText(from)) };
    const checked = { asker, memberships, roles: [] };
    await storeChecked(room, checked, changeOf(rooms, room, checked));
    rooms.apply(room, applyAdmin(room, checked));
    return undefined;
  });
}
