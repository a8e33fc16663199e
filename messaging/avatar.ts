/** The door to a room's picture: its owners set it by vCard, everybody who may see the room reads it (XEP-0486). */
import type { DoorContext } from "../components/door.ts";
import { bareOf } from "../components/jid.ts";
import type { IqRoute } from "../components/router.ts";
import { NS_VCARD, vcardPhoto } from "../components/xep/xep-0054-vcard.ts";
import { KontorError } from "../platform/errors.ts";
import { avatarChanged, readAvatar } from "./core-avatar.ts";
import { affiliationOf } from "./core-state.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { readAvatarOf, storeAvatar } from "./store-avatar.ts";

/** The routes of the vCard at each room's bare address. */
export function avatarRoutes(context: DoorContext, rooms: Rooms, deps: Pick<RoomsDeps, "db">): IqRoute[] {
  return [
    {
      to: "bare",
      type: "get",
      ns: NS_VCARD,
      name: "vCard",
      handle: (incoming) =>
        rooms.inRoom(incoming.to.local, async (room) => {
          const found = room.avatar === undefined ? undefined : await readAvatarOf(deps.db, context.tenant.id, room.id);
          return vcardPhoto.write(found ? { photo: { type: found.type, binval: found.bytes.toString("base64") } } : {});
        }),
    },
    {
      to: "bare",
      type: "set",
      ns: NS_VCARD,
      name: "vCard",
      handle: (incoming, payload) =>
        rooms.inRoom(incoming.to.local, (room) => {
          const by = bareOf(incoming.from);
          const requireOwner = () => {
            if (affiliationOf(room, by) !== "owner") throw new KontorError("forbidden", "This is for owners only");
          };
          requireOwner();
          const { photo } = vcardPhoto.read(payload);
          const avatar = photo && readAvatar(photo);
          return rooms.alone(room, async () => {
            requireOwner();
            await storeAvatar(rooms.changeOf(room, by, "owner"), room.avatar, avatar);
            rooms.apply(room, avatarChanged(room, avatar?.hash));
            return undefined;
          });
        }),
    },
  ];
}
