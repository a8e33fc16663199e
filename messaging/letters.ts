/**
 * Messages to a room that are no talk: invitations and their decline (XEP-0045 7.8.2), requests for voice and their
 * approval (7.13, 8.6).
 */
import { bareOf, jidText, parseJid } from "../components/jid.ts";
import type { Incoming } from "../components/router.ts";
import { attr, type Element, errorReply, stanzaError, x } from "../components/stanza.ts";
import { type DataForm, dataForm, formType, formValues, NS_DATA_FORMS } from "../components/xep/xep-0004-data-forms.ts";
import { mucInvitation } from "../components/xep/xep-0045-invite.ts";
import { NS_MUC_USER } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import { changeOf, storeChecked } from "./admin.ts";
import { languageOf } from "./configure.ts";
import { applyAdmin, checkAdmin } from "./core-admin.ts";
import { checkInvites, declined, invitation } from "./core-invite.ts";
import { checkInvitees } from "./core-rules.ts";
import { affiliationOf, type Effect, type RoomState } from "./core-state.ts";
import { approvedVoice, NS_MUC_REQUEST, requestVoice } from "./core-voice.ts";
import type { PersonLimit } from "./person-limit.ts";
import type { Rooms } from "./rooms.ts";
import { storeInvitation } from "./store-changes.ts";

export interface Letters {
  /** Takes a message that is one of these; false: it is none. */
  take(room: RoomState, incoming: Incoming): boolean | Promise<boolean>;
  /** A message came back: where it was an invitation, that is noted, and whoever sent it is told (7.8.2, item-not-found). */
  bounced(room: RoomState, incoming: Incoming): Promise<void>;
}

interface Sent {
  readonly id: string;
  /** Full and bare address of who invited. */
  readonly session: string;
  readonly bare: string;
}

/** Invitations that are remembered so that their bounce finds its way; the oldest are forgotten. */
const KEPT = 5_000;
/** A longer id of a message is given to nobody else. */
const MAX_ID = 200;
/** Of what a server says of an invitation that it sends back. */
const MAX_TEXT = 500;

export function roomLetters(
  rooms: Rooms,
  {
    limit,
    domain,
    newId,
    send,
  }: {
    readonly limit: PersonLimit;
    /** Of the tenant. */
    readonly domain: string;
    readonly newId: NewId;
    readonly send: (el: Element) => void;
  },
): Letters {
  /** By room and invited person. */
  const sent = new Map<string, Sent>();
  const keyOf = (room: RoomState, invitee: string) => `${room.id} ${invitee}`;
  const note = (key: string, what: Sent) => {
    sent.delete(key);
    sent.set(key, what);
    const [oldest] = sent.keys();
    if (sent.size > KEPT && oldest !== undefined) sent.delete(oldest);
  };

  const invite = async (room: RoomState, { from, stanza }: Incoming, user: Element): Promise<void> => {
    const session = jidText(from);
    const { invites } = mucInvitation.read(user);
    checkInvitees(rooms.rules.now(), domain, invites);
    // Checked first, so that what is refused for another reason counts for nothing.
    checkInvites(room, session, invites);
    limit.count(bareOf(from), invites.length);
    const asked = attr(stanza, "id");
    const id = asked !== undefined && asked.length <= MAX_ID ? asked : newId();
    const post = (checked: ReturnType<typeof checkInvites>) => {
      const { bare } = checked.inviter;
      for (const { invitee } of checked.letters) note(keyOf(room, invitee), { id, session, bare });
      rooms.apply(
        room,
        checked.letters.map((letter) => invitation(room, bare, letter, id)),
      );
    };
    await rooms.alone(room, async () => {
      const checked = checkInvites(room, session, invites);
      const { inviter, memberships, letters } = checked;
      const change = { asker: { bare: inviter.bare, occupant: room.bySession.get(session) }, memberships, roles: [] };
      const invitees = letters.map(({ invitee }) => invitee);
      const members = memberships.map(({ bare }) => bare);
      const stored = { invitees, letter: id, members };
      const storing = rooms.invitations.within(changeOf(rooms, room, change), stored);
      if (memberships.length > 0) await storeChecked(room, change, storing);
      else await storeInvitation(storing, invitees);
      rooms.invitations.sent(room, stored);
      rooms.apply(room, applyAdmin(room, change));
      post(checked);
    });
  };

  const decline = async (room: RoomState, { from, stanza }: Incoming, user: Element): Promise<void> => {
    const bare = bareOf(from);
    const { decline: letter } = mucInvitation.read(user);
    const to = parseJid(letter?.to);
    if (!to) throw new KontorError("bad-request", "Say whose invitation it is");
    limit.count(bare, 1);
    const inviter = await rooms.invitations.declined(room, bare, to, letter?.reason);
    sent.delete(keyOf(room, bare));
    // A program of the tenant reads it over the API.
    if (!inviter.includes("@")) return;
    const id = attr(stanza, "id") ?? newId();
    rooms.apply(room, [declined(room, { from: bare, to: inviter, reason: letter?.reason, id })]);
  };

  const voice = (room: RoomState, incoming: Incoming, form: DataForm): void => {
    const session = jidText(incoming.from);
    if (formValues(form, "muc#request_allow") === undefined && form.type === "submit") {
      const effects: Effect[] = requestVoice(room, session, form, { id: newId(), language: languageOf(incoming) });
      limit.count(bareOf(incoming.from), 1);
      rooms.apply(room, effects);
      return;
    }
    const item = approvedVoice(room, session, form);
    if (!item) return;
    const asker = { bare: bareOf(incoming.from), occupant: room.bySession.get(session) };
    rooms.apply(room, applyAdmin(room, checkAdmin(room, asker, [item])));
  };

  return {
    take: (room, incoming) => {
      const user = incoming.stanza.getChild("x", NS_MUC_USER);
      if (user?.getChild("invite")) return invite(room, incoming, user).then(() => true);
      if (user?.getChild("decline")) {
        return decline(room, incoming, user).then(() => true);
      }
      const element = incoming.stanza.getChild("x", NS_DATA_FORMS);
      const form = element && dataForm.read(element);
      if (!form || formType(form) !== NS_MUC_REQUEST) return false;
      voice(room, incoming, form);
      return true;
    },
    bounced: async (room, { stanza, from }) => {
      const key = keyOf(room, bareOf(from));
      const [invited, id] = [sent.get(key), attr(stanza, "id")];
      if (id === undefined) return;
      if (invited?.id === id) {
        sent.delete(key);
        const letter = mucInvitation.write({ invites: [{ to: bareOf(from) }] });
        const original = x("message", { from: invited.session, to: room.jid, id }, letter);
        const reply = errorReply(original, new KontorError("not-found", "That person could not be reached"));
        if (reply && affiliationOf(room, invited.bare) !== "outcast") send(reply);
      }
      const { condition, text } = stanzaError(stanza);
      const why = { problem: condition.slice(0, MAX_ID), reason: text?.slice(0, MAX_TEXT) };
      await rooms.invitations.cameBack(room, bareOf(from), id, why);
    },
  };
}
