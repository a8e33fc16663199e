/** Asking for voice in a moderated room, and granting it: XEP-0045 7.13, 8.6. Pure: state in, effects out. */
import { parseJid } from "../components/jid.ts";
import { x } from "../components/stanza.ts";
import { type DataForm, dataForm, formValues } from "../components/xep/xep-0004-data-forms.ts";
import type { MucItem } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";
import { type Effect, nickKey, type Occupant, type RoomState } from "./core-state.ts";

export const NS_MUC_REQUEST = "http://jabber.org/protocol/muc#request";

const words = {
  de: {
    title: "Bitte um Rederecht",
    role: "Gewünschte Rolle",
    jid: "Adresse",
    nick: "Name im Raum",
    allow: "Rederecht geben?",
  },
  en: {
    title: "Voice request",
    role: "Requested role",
    jid: "User ID",
    nick: "Room nickname",
    allow: "Grant voice to this person?",
  },
} as const;

/** What moderators get (8.6). */
function approvalForm(occupant: Occupant, session: string, language: "de" | "en"): DataForm {
  const { title, role, jid, nick, allow } = words[language];
  return {
    type: "form",
    title,
    fields: [
      { var: "FORM_TYPE", type: "hidden", values: [NS_MUC_REQUEST] },
      { var: "muc#role", type: "list-single", label: role, values: ["participant"] },
      { var: "muc#jid", type: "jid-single", label: jid, values: [session] },
      { var: "muc#roomnick", type: "text-single", label: nick, values: [occupant.nick] },
      { var: "muc#request_allow", type: "boolean", label: allow, values: ["false"] },
    ],
  };
}

/**
 * A visitor asks for voice: the moderators get a form. Throws `not-acceptable` from outside, `bad-request` for another
 * role, `not-allowed` for who has voice, `service-unavailable` while no moderator is here.
 */
export function requestVoice(
  room: RoomState,
  session: string,
  form: DataForm,
  { id, language }: { readonly id: string; readonly language: "de" | "en" },
): Effect[] {
  const occupant = room.bySession.get(session);
  if (!occupant) throw new KontorError("not-acceptable", "Join the room first");
  if (formValues(form, "muc#role")?.[0] !== "participant") {
    throw new KontorError("bad-request", "Ask for the role of participant");
  }
  if (occupant.role !== "visitor") throw new KontorError("not-allowed", "You have voice already");
  const to = [...room.bySession].flatMap(([jid, { role }]) => (role === "moderator" ? [jid] : []));
  if (to.length === 0) throw new KontorError("service-unavailable", "No moderator is here now: ask again later");
  const content = dataForm.write(approvalForm(occupant, session, language));
  return [{ do: "send", to, stanza: x("message", { from: room.jid, id }, content) }];
}

/**
 * A moderator answers: gives the change of role, or undefined where there is nothing to do. Throws `forbidden` from
 * others, `bad-request` for a form that says nothing, `not-found` when that person is no more under that nick.
 */
export function approvedVoice(room: RoomState, session: string, form: DataForm): MucItem | undefined {
  if (room.bySession.get(session)?.role !== "moderator") {
    throw new KontorError("forbidden", "Only moderators grant voice");
  }
  const allow = formValues(form, "muc#request_allow")?.[0];
  const nick = formValues(form, "muc#roomnick")?.[0];
  if (nick === undefined || formValues(form, "muc#role")?.[0] !== "participant") {
    throw new KontorError("bad-request", "Send back the form that you got");
  }
  if (form.type === "cancel" || (allow !== "1" && allow !== "true")) return undefined;
  const occupant = room.occupants.get(nickKey(nick));
  const asked = parseJid(formValues(form, "muc#jid")?.[0]);
  // Another one may have taken the nick since.
  if (!occupant || (asked && `${asked.local}@${asked.domain}` !== occupant.bare)) {
    throw new KontorError("not-found", "That person is no more here under that nick");
  }
  return occupant.role === "visitor" ? { nick: occupant.nick, role: "participant" } : undefined;
}
