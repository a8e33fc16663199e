/** What each command of the API does in a room. */
import type { Role } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";
import { admitted } from "./admin.ts";
import { type Asker, applyAdmin, checkAdmin } from "./core-admin.ts";
import { askedBy, type CommandPayload, changed, isSaying, type RoomCommand, type Saying } from "./core-commands.ts";
import { destroyed, reconfigured } from "./core-owner.ts";
import { moderation } from "./core-retract.ts";
import type { RoomState } from "./core-state.ts";
import { findErasable } from "./retract.ts";
import { invitePeople, setAvatar, setSubject, withdrawInvitation } from "./room-acts.ts";
import type { Rooms } from "./rooms.ts";
import type { RoomsDeps } from "./rooms-deps.ts";
import { sayFor } from "./say.ts";
import { type RoomChange, storeConfig, storeRole } from "./store-changes.ts";

/**
 * Does it and marks it as done in the same transaction; of what is said gives the archive id. Throws `not-found` for a
 * room or an occupant that is not there, `precondition-failed` for another version, and what checkAdmin throws.
 */
export async function runCommand(
  tenant: string,
  rooms: Rooms,
  deps: RoomsDeps,
  id: string,
  payload: CommandPayload,
): Promise<string | undefined> {
  const { command } = payload;
  if (isSaying(command)) return sayFor(tenant, rooms, deps, { id, payload, command });
  await rooms.inRoom(payload.room, (room) => {
    if (command.do === "moderate") return takeBack(tenant, rooms, deps, room, { id, payload, command });
    return rooms.alone(room, () => within(rooms, deps, room, id, payload, command));
  });
}

async function within(
  rooms: Rooms,
  deps: RoomsDeps,
  room: RoomState,
  id: string,
  payload: CommandPayload,
  command: Lasting,
) {
  const { by, as, actor } = payload;
  const change: RoomChange = { ...rooms.changeOf(room, by, as), command: { id, actor: askedBy(payload) } };
  const act = { rooms, deps, room, change };
  if (command.do === "subject") await setSubject(act, { id, by, actor }, command);
  else if (command.do === "invite") await invitePeople(act, change.tenant, command);
  else if (command.do === "uninvite") await withdrawInvitation(act, command);
  else if (command.do === "avatar") await setAvatar(act, command);
  else await perform(rooms, room, { change, asker: { bare: by, as, occupant: undefined } }, command);
}

type Moderating = Extract<RoomCommand, { do: "moderate" }>;
/** What changes a room and not only its log. */
type Lasting = Exclude<RoomCommand, Saying | Moderating>;
/** What is done in the same way for who is inside and for who is not. */
export type Performed = Exclude<Lasting, { do: "subject" | "invite" | "uninvite" | "avatar" }>;

/** Stores and does what is asked for within `alone`, whoever asks. Throws what checkAdmin throws. */
export async function perform(
  rooms: Rooms,
  room: RoomState,
  { change, asker }: { readonly change: RoomChange; readonly asker: Asker },
  command: Performed,
): Promise<void> {
  switch (command.do) {
    case "configure": {
      const before = room.config;
      const after = changed(before, command.changes);
      await storeConfig(change, before, after, command.version);
      rooms.apply(room, reconfigured(room, after));
      return;
    }
    case "destroy": {
      const { alternate: jid, reason } = command;
      await rooms.end(room, change);
      rooms.apply(room, destroyed(room, { jid, reason, password: undefined }));
      return;
    }
    case "affiliate": {
      const { jid, affiliation, nick, reason } = command;
      const checked = checkAdmin(room, asker, [{ jid, affiliation, nick, reason }]);
      await admitted(rooms, room, checked, change);
      return;
    }
    case "role":
      return becomes(rooms, room, change, asker, command);
  }
}

/** As a moderator inside would (XEP-0425). */
async function takeBack(
  tenant: string,
  rooms: Rooms,
  deps: RoomsDeps,
  room: RoomState,
  asked: { readonly id: string; readonly payload: CommandPayload; readonly command: Moderating },
): Promise<void> {
  const { by, actor } = asked.payload;
  const { message, reason } = asked.command;
  const found = await findErasable(tenant, deps, room, message);
  const moderator = { nick: actor.name, occupantId: rooms.occupantId(room, by), role: "moderator", bare: by } as const;
  const draft = moderation(room, moderator, found, { id: deps.newId(), reason, now: deps.clock() });
  if (!(await rooms.append(room, { ...draft, command: { id: asked.id, actor: askedBy(asked.payload) } })))
    throw new KontorError("unavailable");
}

async function becomes(
  rooms: Rooms,
  room: RoomState,
  change: RoomChange,
  asker: Asker,
  { occupantId, role, reason }: { occupantId: string; role: Role; reason?: string | undefined },
): Promise<void> {
  const occupant = [...room.occupants.values()].find((each) => each.occupantId === occupantId);
  if (!occupant) throw new KontorError("not-found", "There is nobody with that id in the room (any more)");
  const checked = checkAdmin(room, asker, [{ nick: occupant.nick, role, reason }]);
  await storeRole(change, occupant, role);
  rooms.apply(room, applyAdmin(room, checked));
}
