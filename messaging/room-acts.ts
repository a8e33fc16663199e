/** Commands of the API that a person in the room would carry out by a message or a vCard. */
import type { DoorContext } from "../components/door.ts";
import { KontorError } from "../platform/errors.ts";
import { storeChecked } from "./admin.ts";
import { applyAdmin } from "./core-admin.ts";
import { avatarChanged, readAvatar } from "./core-avatar.ts";
import { askedBy, type CommandPayload, type RoomCommand } from "./core-commands.ts";
import { checkLetters, invitation } from "./core-invite.ts";
import { subjectFrom } from "./core-message.ts";
import { checkInvitees } from "./core-rules.ts";
import type { RoomState } from "./core-state.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { storeAvatar } from "./store-avatar.ts";
import { type RoomChange, storeInvitation, storeSubject } from "./store-changes.ts";

/** What they need: `alone` was called for, and `change` settles the command. */
interface Act {
  readonly rooms: Rooms;
  readonly deps: Pick<RoomsDeps, "clock" | "newId">;
  readonly room: RoomState;
  readonly change: RoomChange;
}
type Command<D extends RoomCommand["do"]> = Extract<RoomCommand, { do: D }>;

/** Sets the subject. One that is there already is said no second time. */
export async function setSubject(
  { rooms, deps, room, change }: Act,
  { id, by, actor }: Pick<CommandPayload, "by" | "actor"> & { readonly id: string },
  { text }: Command<"subject">,
): Promise<void> {
  const before = room.subject?.text;
  if ((before ?? "") === text) return storeSubject(change, before, text);
  const who = { text, name: actor.name, bare: by, occupantId: rooms.occupantId(room, by) };
  const draft = subjectFrom(room, who, deps.newId(), deps.clock());
  const command = { id, actor: askedBy({ actor }), change: { action: "room:subject", before, after: text } };
  if (!(await rooms.append(room, { ...draft, command }))) throw new KontorError("unavailable");
}

/** Invites people; those who need to be members of the room for that become it. */
export async function invitePeople(
  { rooms, deps, room, change }: Act,
  { domain }: Pick<DoorContext["tenant"], "domain">,
  { jids, reason }: Command<"invite">,
): Promise<void> {
  const invites = jids.map((to) => ({ to, reason, goesOn: undefined }));
  checkInvitees(rooms.rules.now(), domain, invites);
  const { letters, memberships } = checkLetters(room, invites);
  const changes = { asker: { bare: change.by, occupant: undefined }, memberships, roles: [] };
  const sent = {
    invitees: letters.map(({ invitee }) => invitee),
    letter: deps.newId(),
    members: memberships.map(({ bare }) => bare),
  };
  const storing = rooms.invitations.within(change, sent);
  if (memberships.length > 0) await storeChecked(room, changes, storing);
  else await storeInvitation(storing, jids);
  rooms.invitations.sent(room, sent);
  rooms.apply(room, applyAdmin(room, changes));
  rooms.apply(
    room,
    letters.map((letter) => invitation(room, change.by, letter, sent.letter)),
  );
}

/** Takes an invitation back; who became a member by it alone is none any more. */
export async function withdrawInvitation({ rooms, room, change }: Act, { jid }: Command<"uninvite">): Promise<void> {
  if (!(await rooms.invitations.withdraw(room, change, jid))) return;
  const memberships = [{ bare: jid, membership: undefined }];
  rooms.apply(room, applyAdmin(room, { asker: { bare: change.by, occupant: undefined }, memberships, roles: [] }));
}

/** Gives the room a picture, or takes it away. */
export async function setAvatar({ rooms, room, change }: Act, { picture }: Command<"avatar">): Promise<void> {
  const avatar = picture && readAvatar(picture);
  await storeAvatar(change, room.avatar, avatar);
  rooms.apply(room, avatarChanged(room, avatar?.hash));
}
