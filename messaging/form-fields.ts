/** The fields of our forms for commands and searches, in the language of who asks. */
import type { FormField } from "../components/xep/xep-0004-data-forms.ts";
import type { Affiliation } from "../components/xep/xep-0045-muc.ts";
import type { insideRoles } from "./core-config.ts";

export type Language = "de" | "en";
type Words = Readonly<Record<Language, string>>;

const words = {
  reason: { de: "Grund", en: "Reason" },
  nick: { de: "Spitzname", en: "Nickname" },
  address: { de: "Adresse", en: "Address" },
  domainToo: { de: "Adresse oder Domain", en: "Address or domain" },
  role: { de: "Rolle", en: "Role" },
  affiliation: { de: "Zugehörigkeit", en: "Affiliation" },
  alternate: { de: "Raum, der an seine Stelle tritt", en: "Room that takes its place" },
  room: { de: "Name des Raums", en: "Name of the room" },
  title: { de: "Titel", en: "Title" },
  description: { de: "Beschreibung", en: "Description" },
  owner: { de: "Wem der Raum gehört", en: "Owner" },
  membersOnly: { de: "Nur für Mitglieder", en: "Members only" },
  text: { de: "Teil von Name oder Titel (leer: alle)", en: "Part of name or title (empty: all)" },
  announcement: { de: "Mitteilung", en: "Announcement" },
  occupants: { de: "Anwesende", en: "Occupants" },
  search: { de: "Suche nach", en: "Search for" },
  all: { de: "Alle zeigen", en: "Show all" },
  inName: { de: "Im Titel suchen", en: "Search in name" },
  inDescription: { de: "In der Beschreibung suchen", en: "Search in description" },
  inAddress: { de: "In der Adresse suchen", en: "Search in address" },
  minUsers: { de: "Mindestens anwesend", en: "Minimum number of occupants" },
  types: { de: "Arten", en: "Kinds" },
  order: { de: "Reihenfolge", en: "Order" },
  confirm: { de: "Der Raum und sein Name sollen enden", en: "End the room and its name" },
} as const satisfies Record<string, Words>;

const values: Readonly<Record<Affiliation | (typeof insideRoles)[number], Words>> = {
  owner: { de: "Besitz", en: "Owner" },
  admin: { de: "Verwaltung", en: "Administrator" },
  member: { de: "Mitglied", en: "Member" },
  none: { de: "Keine", en: "None" },
  outcast: { de: "Ausgeschlossen", en: "Banned" },
  moderator: { de: "Moderation", en: "Moderator" },
  participant: { de: "Teilnehmend", en: "Participant" },
  visitor: { de: "Zuhörend", en: "Visitor" },
};

/** Makes fields with labels of a language. */
export function fieldsIn(language: Language) {
  const field = (
    name: string,
    label: keyof typeof words,
    more: Partial<FormField> & { readonly type?: string } = {},
  ): FormField => ({ var: name, type: "text-single", label: words[label][language], values: [], ...more });
  const choice = <V extends keyof typeof values>(name: string, label: keyof typeof words, of: readonly V[], now?: V) =>
    field(name, label, {
      type: "list-single",
      required: true,
      values: now === undefined ? [] : [now],
      options: of.map((value) => ({ value, label: values[value][language] })),
    });
  return { field, choice, words: (both: Words): string => both[language] };
}
