/** What an owner may set of a room (XEP-0045 10.2, 15.5.3), as a form and as data. Pure. */
import { z } from "zod";
import { type DataForm, formValues } from "../components/xep/xep-0004-data-forms.ts";
import { NS_MUC_ROOMCONFIG } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";

export const MAX_HISTORY = 200;
const MAX_TITLE = 200;
/** The most occupants that any room has. */
export const MAX_OCCUPANTS = 5_000;

/** Roles of people inside. */
export const insideRoles = ["moderator", "participant", "visitor"] as const;
const inside = z.enum(insideRoles);

/** The configuration of a room. What a stored one does not have yet takes its default. */
export const roomConfig = z.object({
  title: z.string().trim().min(1).max(MAX_TITLE),
  description: z.string().max(1_000).default(""),
  /** RFC 5646, empty: none said. */
  language: z
    .string()
    .regex(/^([A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8}){0,6})?$/)
    .default(""),
  /** Listed in the directory of the tenant. */
  listed: z.boolean(),
  /** Stays when its last occupant has left. */
  persistent: z.boolean().default(true),
  membersOnly: z.boolean().default(false),
  /** Newcomers have no voice. */
  moderated: z.boolean().default(false),
  /** Asked for at the door; empty: none. */
  password: z.string().max(200).default(""),
  /** Who sees the real addresses of occupants. */
  whois: z.enum(["moderators", "anyone"]).default("moderators"),
  /** 0: as many as any room may have. */
  maxOccupants: z.number().int().min(0).max(MAX_OCCUPANTS).default(0),
  /** Occupants without admin rights may invite, into a members-only room too. */
  occupantsInvite: z.boolean().default(true),
  privateMessages: z.enum(["anyone", "participants", "moderators", "none"]).default("anyone"),
  /** Participants may change the subject. */
  openSubject: z.boolean().default(false),
  /** Whose coming, going and status is told to all. */
  announcedRoles: z.array(inside).default([...insideRoles]),
  /** From so many occupants on, of newcomers only moderators and those who write are told; 0: never. */
  quietFrom: z.number().int().min(0).max(MAX_OCCUPANTS).default(200),
  /** Who inside may read the lists of members. */
  memberListRoles: z.array(inside).default([...insideRoles]),
  /** People may register their nick and become members (7.10). */
  registration: z.boolean().default(true),
  /** Messages of history that a joining client gets when it names no limit. */
  history: z.number().int().min(0).max(MAX_HISTORY),
});
export type RoomConfig = Readonly<z.output<typeof roomConfig>>;

/** Of a new room: its title is its name, as far as a title goes. */
export const defaultConfig = (name: string): RoomConfig =>
  roomConfig.parse({ title: name.slice(0, MAX_TITLE).replace(/[\ud800-\udbff]$/, ""), listed: true, history: 20 });

type Language = "de" | "en";
type Words = Readonly<Record<Language, string>>;

interface Field {
  readonly name: string;
  readonly type: "text-single" | "text-multi" | "text-private" | "boolean" | "list-single" | "list-multi";
  readonly label: Words;
  readonly options?: Readonly<Record<string, Words>>;
  readonly read: (config: RoomConfig) => readonly string[];
  /** Raw values of the configuration: the schema says whether they will do. */
  readonly write: (values: readonly string[]) => { readonly [K in keyof RoomConfig]?: unknown };
}

const flag = (name: string, key: keyof RoomConfig, de: string, en: string): Field => ({
  name,
  type: "boolean",
  label: { de, en },
  read: (config) => [config[key] ? "1" : "0"],
  // XEP-0004 3.3: four spellings; any other is none.
  write: ([value]) => ({ [key]: { 1: true, true: true, 0: false, false: false }[value ?? ""] ?? value }),
});
const text = (name: string, key: keyof RoomConfig, type: Field["type"], de: string, en: string): Field => ({
  name,
  type,
  label: { de, en },
  read: (config) => String(config[key]).split("\n"),
  write: (values) => ({ [key]: values.join("\n") }),
});
const number = (name: string, key: keyof RoomConfig, de: string, en: string): Field => ({
  name,
  type: "text-single",
  label: { de, en },
  read: (config) => [String(config[key])],
  write: ([value]) => ({ [key]: /^\d{1,9}$/.test(value ?? "") ? Number(value) : value }),
});
const choice = (name: string, key: keyof RoomConfig, label: Words, options: Field["options"] = {}): Field => ({
  name,
  type: "list-single",
  label,
  options,
  read: (config) => [String(config[key])],
  write: ([value]) => ({ [key]: value }),
});

const roleWords = {
  moderator: { de: "Moderation", en: "Moderators" },
  participant: { de: "Teilnehmende", en: "Participants" },
  visitor: { de: "Zuhörende", en: "Visitors" },
} as const satisfies Record<(typeof insideRoles)[number], Words>;
const some = (name: string, key: "announcedRoles" | "memberListRoles", de: string, en: string): Field => ({
  name,
  type: "list-multi",
  label: { de, en },
  options: roleWords,
  read: (config) => config[key],
  write: (values) => ({ [key]: values }),
});

/** In the order of the form. */
const fields: readonly Field[] = [
  text("muc#roomconfig_roomname", "title", "text-single", "Name", "Name"),
  text("muc#roomconfig_roomdesc", "description", "text-multi", "Beschreibung", "Description"),
  text("muc#roomconfig_lang", "language", "text-single", "Sprache (etwa de)", "Language (such as en)"),
  flag("muc#roomconfig_publicroom", "listed", "Steht im Verzeichnis", "Listed in the directory"),
  flag("muc#roomconfig_persistentroom", "persistent", "Bleibt, wenn alle gegangen sind", "Stays when all have left"),
  flag("muc#roomconfig_membersonly", "membersOnly", "Nur für Mitglieder", "Members only"),
  flag("muc#roomconfig_moderatedroom", "moderated", "Neue dürfen erst zuhören", "Newcomers have no voice"),
  {
    ...flag("muc#roomconfig_passwordprotectedroom", "password", "Mit Kennwort", "Needs a password"),
    // The password itself is in the next field; without this one ticked there is none.
    write: ([value]) => (value === "1" || value === "true" ? {} : { password: "" }),
  },
  text("muc#roomconfig_roomsecret", "password", "text-private", "Kennwort", "Password"),
  choice(
    "muc#roomconfig_whois",
    "whois",
    { de: "Wer die wahren Adressen sieht", en: "Who sees real addresses" },
    { moderators: roleWords.moderator, anyone: { de: "Alle", en: "Anyone" } },
  ),
  number("muc#roomconfig_maxusers", "maxOccupants", "Höchstens anwesend (0: unbegrenzt)", "Most occupants (0: any)"),
  flag("muc#roomconfig_allowinvites", "occupantsInvite", "Anwesende dürfen einladen", "Occupants may invite"),
  choice(
    "muc#roomconfig_allowpm",
    "privateMessages",
    { de: "Private Nachrichten von", en: "Private messages by" },
    {
      anyone: { de: "Allen", en: "Anyone" },
      participants: { de: "Allen mit Rederecht", en: "Everybody with voice" },
      moderators: roleWords.moderator,
      none: { de: "Niemandem", en: "Nobody" },
    },
  ),
  flag(
    "muc#roomconfig_changesubject",
    "openSubject",
    "Teilnehmende ändern das Thema",
    "Participants change the subject",
  ),
  some(
    "muc#roomconfig_presencebroadcast",
    "announcedRoles",
    "Wessen Anwesenheit gezeigt wird",
    "Whose presence is told",
  ),
  // No registered field of XEP-0045, hence named with its namespace (XEP-0068 3.4).
  number(
    "{urn:kontor:rooms}quiet_from",
    "quietFrom",
    "Ab so vielen nur Schreibende zeigen (0: nie)",
    "From so many on show only who writes (0: never)",
  ),
  some("muc#roomconfig_getmemberlist", "memberListRoles", "Wer Mitgliederlisten liest", "Who reads member lists"),
  flag("muc#roomconfig_registration", "registration", "Man kann sich eintragen", "People may register"),
  number("muc#maxhistoryfetch", "history", "Nachrichten beim Betreten", "Messages on entering"),
];

/** The form of a configuration (10.2), with the labels of a language. */
export function configForm(config: RoomConfig, title: string, language: Language): DataForm {
  return {
    type: "form",
    title,
    fields: [
      { var: "FORM_TYPE", type: "hidden", values: [NS_MUC_ROOMCONFIG] },
      ...fields.map(({ name, type, label, options, read }) => ({
        var: name,
        type,
        label: label[language],
        values: [...read(config)],
        ...(options && {
          options: Object.entries(options).map(([value, words]) => ({ label: words[language], value })),
        }),
      })),
    ],
  };
}

/**
 * The configuration with what a submitted form changes; fields that are not in it stay, unknown ones are none of ours.
 * Throws `not-acceptable` for values out of bounds (10.1.3), and for a password that is asked for but not given.
 */
export function configured(config: RoomConfig, form: DataForm): RoomConfig {
  let raw: Record<string, unknown> = { ...config };
  // The last word on the password has the field that says whether there is one.
  const protection = formValues(form, "muc#roomconfig_passwordprotectedroom")?.[0];
  for (const field of fields) {
    const values = formValues(form, field.name);
    if (values) raw = { ...raw, ...field.write(values) };
  }
  if (protection === "0" || protection === "false") raw.password = "";
  const result = roomConfig.safeParse(raw);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new KontorError("not-acceptable", problems.join("; "));
  }
  if ((protection === "1" || protection === "true") && result.data.password === "") {
    throw new KontorError("not-acceptable", "Set the password, or let the room have none");
  }
  return result.data;
}

/** Feature names by which disco#info tells what kind of room it is (15.2). */
export function roomFeatures(config: RoomConfig): string[] {
  return [
    config.persistent ? "muc_persistent" : "muc_temporary",
    config.membersOnly ? "muc_membersonly" : "muc_open",
    config.whois === "anyone" ? "muc_nonanonymous" : "muc_semianonymous",
    config.moderated ? "muc_moderated" : "muc_unmoderated",
    config.password === "" ? "muc_unsecured" : "muc_passwordprotected",
    config.listed ? "muc_public" : "muc_hidden",
  ];
}

/** Status codes (15.6.2) that tell occupants of a change of configuration: 104, and what it means for privacy. */
export function configStatuses(before: RoomConfig, after: RoomConfig): number[] {
  if (before.whois === after.whois) return [104];
  return [104, after.whois === "anyone" ? 172 : 173];
}
