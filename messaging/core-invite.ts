/** Invitations that a room passes on, and their decline: XEP-0045 7.8.2, 9.3. Pure: state in, effects out. */
import { parseJid } from "../components/jid.ts";
import { x } from "../components/stanza.ts";
import { type MucInvite, mucInvitation } from "../components/xep/xep-0045-invite.ts";
import { KontorError } from "../platform/errors.ts";
import type { AdminChanges } from "./core-admin.ts";
import { administers, affiliationOf, type Effect, type Occupant, type RoomState } from "./core-state.ts";

/** The most people that one message invites. */
const MAX_INVITEES = 20;

interface Letter extends Pick<MucInvite, "reason" | "goesOn"> {
  /** Bare address. */
  readonly invitee: string;
}

/** What may be sent, and who becomes a member with it: that is to be stored first. */
export interface CheckedInvites {
  readonly inviter: Occupant & { readonly bare: string };
  readonly letters: readonly Letter[];
  readonly memberships: AdminChanges["memberships"];
}

/**
 * Checks all invitations of a message before any is sent. Throws `not-acceptable` from outside or for too many,
 * `forbidden` where inviting is not the sender's to do, `jid-malformed` and `bad-request` for a bad address,
 * `not-allowed` for somebody who is banned.
 */
export function checkInvites(room: RoomState, session: string, invites: readonly MucInvite[]): CheckedInvites {
  const occupant = room.bySession.get(session);
  if (!occupant || occupant.bare === null) throw new KontorError("not-acceptable", "Join the room first");
  const inviter = { ...occupant, bare: occupant.bare };
  if (!room.config.occupantsInvite && !administers(inviter.affiliation)) {
    throw new KontorError("forbidden", "Only administrators of this room invite");
  }
  return { inviter, ...checkLetters(room, invites) };
}

/** Checks to whom letters of somebody who may invite would go, as checkInvites does. */
export function checkLetters(room: RoomState, invites: readonly MucInvite[]): Omit<CheckedInvites, "inviter"> {
  if (invites.length > MAX_INVITEES) {
    throw new KontorError("not-acceptable", `Invite at most ${MAX_INVITEES} people with one message`);
  }
  const letters = invites.map(({ to, reason, goesOn }): Letter => {
    if (to === undefined) throw new KontorError("bad-request", "Say whom to invite");
    const jid = parseJid(to);
    if (!jid || jid.local === "") throw new KontorError("jid-malformed", "Invite people by user@domain");
    const invitee = `${jid.local}@${jid.domain}`;
    if (affiliationOf(room, invitee) === "outcast") {
      throw new KontorError("not-allowed", "That person was banned: an administrator has to take the ban back first");
    }
    return { invitee, reason, goesOn };
  });
  const strangers = new Set(
    letters.map(({ invitee }) => invitee).filter((each) => affiliationOf(room, each) === "none"),
  );
  const membership = { affiliation: "member" as const, nick: undefined, reason: undefined };
  return {
    letters,
    memberships: room.config.membersOnly ? [...strangers].map((bare) => ({ bare, membership })) : [],
  };
}

/** One invitation on its way, with the password that the invited person will be asked for. `from` is a bare address. */
export function invitation(room: RoomState, from: string, { invitee, reason, goesOn }: Letter, id: string): Effect {
  const { password } = room.config;
  const content = mucInvitation.write({
    invites: [{ from, reason, goesOn }],
    ...(password === "" ? {} : { password }),
  });
  return { do: "send", to: [invitee], stanza: x("message", { from: room.jid, id }, content) };
}

/** The inviter is told that somebody does not come: on the devices in the room, or else at the bare address. */
export function declined(
  room: RoomState,
  { from, to, reason, id }: { from: string; to: string; reason: string | undefined; id: string },
): Effect {
  const inside = [...room.bySession].flatMap(([session, { bare }]) => (bare === to ? [session] : []));
  const content = mucInvitation.write({ invites: [], decline: { from, ...(reason === undefined ? {} : { reason }) } });
  return { do: "send", to: inside.length > 0 ? inside : [to], stanza: x("message", { from: room.jid, id }, content) };
}

/** Who becomes a member of a members-only room from outside, and is to be told by an invitation (9.3). Ask before the change. */
export function welcomed(room: RoomState, { memberships }: Pick<AdminChanges, "memberships">): Letter[] {
  if (!room.config.membersOnly) return [];
  const inside = new Set([...room.occupants.values()].map(({ bare }) => bare));
  return memberships.flatMap(({ bare, membership }): Letter[] => {
    if (!membership || membership.affiliation === "outcast" || !bare.includes("@") || inside.has(bare)) return [];
    return affiliationOf(room, bare) === "none"
      ? [{ invitee: bare, reason: membership.reason, goesOn: undefined }]
      : [];
  });
}
