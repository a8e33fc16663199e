/** XEP-0045 8-10: lists of roles and affiliations, read and changed by moderators, administrators and owners. */
import { bareOf, jidText } from "../components/jid.ts";
import type { Incoming, IqRoute } from "../components/router.ts";
import { mucAdmin, NS_MUC_ADMIN } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";
import { type AdminChanges, type Asker, adminList, applyAdmin, checkAdmin } from "./core-admin.ts";
import { invitation, welcomed } from "./core-invite.ts";
import { affiliationOf, type RoomState } from "./core-state.ts";
import type { Rooms } from "./rooms.ts";
import { type RoomChange, storeMemberships } from "./store-changes.ts";

/** The routes of the lists at each room's bare address. */
export function adminRoutes(rooms: Rooms): IqRoute[] {
  return [
    {
      to: "bare",
      type: "get",
      ns: NS_MUC_ADMIN,
      handle: (incoming, query) =>
        rooms.inRoom(incoming.to.local, (room) => {
          const [wanted, more] = mucAdmin.read(query).items;
          if (!wanted || more) throw new KontorError("bad-request", "Ask for one list at a time");
          return mucAdmin.write({ items: adminList(room, askerOf(room, incoming), wanted) });
        }),
    },
    {
      to: "bare",
      type: "set",
      ns: NS_MUC_ADMIN,
      handle: (incoming, query) =>
        rooms.inRoom(incoming.to.local, (room) => change(rooms, room, incoming, mucAdmin.read(query).items)),
    },
  ];
}

const askerOf = (room: RoomState, { from }: Incoming): Asker => ({
  bare: bareOf(from),
  occupant: room.bySession.get(jidText(from)),
});

async function change(
  rooms: Rooms,
  room: RoomState,
  incoming: Incoming,
  items: Parameters<typeof checkAdmin>[2],
): Promise<undefined> {
  // Roles are in memory only: they change at once, in the order of the stanzas.
  if (items.every(({ role }) => role !== undefined)) {
    rooms.apply(room, applyAdmin(room, checkAdmin(room, askerOf(room, incoming), items)));
    return undefined;
  }
  return rooms.alone(room, async () => {
    const checked = checkAdmin(room, askerOf(room, incoming), items);
    await admitted(rooms, room, checked, changeOf(rooms, room, checked));
    return undefined;
  });
}

/** Who changed what was checked, by the affiliation that let it. */
export const changeOf = (rooms: Rooms, room: RoomState, { asker, memberships }: AdminChanges): RoomChange =>
  rooms.changeOf(room, asker.bare, affiliationOf(room, asker.bare), memberships[0]?.membership?.reason);

/** Stores the memberships of what was checked. */
export function storeChecked(room: RoomState, { memberships }: AdminChanges, change: RoomChange): Promise<void> {
  const stored = memberships.map((each) => ({ ...each, before: room.memberships.get(each.bare) }));
  return storeMemberships(change, stored);
}

/** Stores what was checked, does it, and invites who became a member of a room for members from outside (9.3). */
export async function admitted(
  rooms: Rooms,
  room: RoomState,
  checked: AdminChanges,
  change: RoomChange,
): Promise<void> {
  const letters = welcomed(room, checked);
  // They are members by what was done and stay it whatever becomes of the invitation.
  const sent = { invitees: letters.map(({ invitee }) => invitee), letter: change.newId(), members: [] };
  await storeChecked(room, checked, rooms.invitations.within(change, sent));
  rooms.invitations.sent(room, sent);
  rooms.apply(room, applyAdmin(room, checked));
  rooms.apply(
    room,
    letters.map((letter) => invitation(room, checked.asker.bare, letter, sent.letter)),
  );
}
