/** Registering with a room: a member with a nick of its own (XEP-0045 7.10, 7.12). Pure. */
import { type DataForm, formType, formValues } from "../components/xep/xep-0004-data-forms.ts";
import { KontorError } from "../platform/errors.ts";
import type { AdminChanges } from "./core-admin.ts";
import { checkNick } from "./core-alike.ts";
import { enforcedNick } from "./core-nick.ts";
import { affiliationOf, type RoomState } from "./core-state.ts";

const NS_MUC_REGISTER = "http://jabber.org/protocol/muc#register";

const words = {
  de: { title: "Eintragen in", nick: "Name, der Ihnen gehören soll" },
  en: { title: "Registering with", nick: "Nickname to reserve" },
} as const;

/** The form that is to be filled in. */
export function registrationForm(room: RoomState, language: "de" | "en"): DataForm {
  const { title, nick } = words[language];
  return {
    type: "form",
    title: `${title} ${room.config.title}`,
    fields: [
      { var: "FORM_TYPE", type: "hidden", values: [NS_MUC_REGISTER] },
      { var: "muc#register_roomnick", type: "text-single", label: nick, values: [], required: true },
    ],
  };
}

/** The nick that is reserved for somebody, if any. */
export const reservedNick = (room: RoomState, bare: string): string | undefined => room.memberships.get(bare)?.nick;

/**
 * Throws for who may not register: `not-allowed` where it is switched off or for the banned, and for strangers of a
 * members-only room, since by registering they would let themselves in.
 */
export function checkMayRegister(room: RoomState, bare: string): void {
  const affiliation = affiliationOf(room, bare);
  if (!room.config.registration) throw new KontorError("not-allowed", "This room takes no registrations");
  if (affiliation === "outcast") throw new KontorError("not-allowed", "You were banned from this room");
  if (affiliation === "none" && room.config.membersOnly) {
    throw new KontorError("not-allowed", "This room is for its members: have yourself invited first");
  }
}

/**
 * The membership that a filled-in form asks for. Throws `service-unavailable` where registering is switched off,
 * `bad-request` for a bad form, `not-acceptable` and `conflict` for the nick.
 */
export function registered(room: RoomState, bare: string, form: DataForm | undefined): AdminChanges["memberships"] {
  if (!room.config.registration) throw new KontorError("service-unavailable", "This room takes no registrations");
  checkMayRegister(room, bare);
  const wanted = form?.type === "submit" ? formValues(form, "muc#register_roomnick")?.[0] : undefined;
  if (!form || wanted === undefined || (formType(form) ?? NS_MUC_REGISTER) !== NS_MUC_REGISTER) {
    throw new KontorError("bad-request", "Send the registration form with the nick");
  }
  const nick = enforcedNick(wanted);
  checkNick(room, nick, bare);
  const before = room.memberships.get(bare);
  const affiliation = before?.affiliation ?? "member";
  return [{ bare, membership: { affiliation, nick, reason: before?.reason } }];
}

/** What taking the registration back means: members are none, others lose the nick only. Throws `registration-required`. */
export function unregistered(room: RoomState, bare: string): AdminChanges["memberships"] {
  const before = room.memberships.get(bare);
  if (before?.nick === undefined) throw new KontorError("registration-required", "You are not registered here");
  return [{ bare, membership: before.affiliation === "member" ? undefined : { ...before, nick: undefined } }];
}
