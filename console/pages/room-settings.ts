import type { RoomConfig, SomeConfig } from "./room.ts";

/** How a setting of a room is shown in a form. */
export type SettingKind =
  | { readonly is: "text" | "area"; readonly maxLength: number; readonly required?: boolean }
  | { readonly is: "flag" }
  | { readonly is: "number"; readonly max: number }
  | { readonly is: "whois" | "privateMessages" }
  | { readonly is: "roles" };

const flag = { is: "flag" } as const;

/** Every setting, in the order of the form; bounds are those of messaging/core-config.ts. */
export const settings = {
  title: { is: "text", maxLength: 200, required: true },
  description: { is: "area", maxLength: 1_000 },
  language: { is: "text", maxLength: 35 },
  persistent: flag,
  membersOnly: flag,
  registration: flag,
  occupantsInvite: flag,
  maxOccupants: { is: "number", max: 5_000 },
  moderated: flag,
  openSubject: flag,
  privateMessages: { is: "privateMessages" },
  history: { is: "number", max: 200 },
  listed: flag,
  whois: { is: "whois" },
  announcedRoles: { is: "roles" },
  quietFrom: { is: "number", max: 5_000 },
  memberListRoles: { is: "roles" },
} as const satisfies Record<keyof RoomConfig, SettingKind>;

export type Setting = keyof typeof settings;

/** The settings in groups that belong together. */
export const settingGroups = {
  about: ["title", "description", "language", "persistent"],
  entry: ["membersOnly", "registration", "occupantsInvite", "maxOccupants"],
  talk: ["moderated", "openSubject", "privateMessages", "history"],
  sight: ["listed", "whois", "announcedRoles", "quietFrom", "memberListRoles"],
} as const satisfies Record<string, readonly Setting[]>;
export type SettingGroup = keyof typeof settingGroups;
export const groupNames = ["about", "entry", "talk", "sight"] as const satisfies readonly SettingGroup[];

export const choices = {
  whois: ["moderators", "anyone"],
  privateMessages: ["anyone", "participants", "moderators", "none"],
} as const;
export const insideRoles = ["moderator", "participant", "visitor"] as const;

/** The value of a setting in a form that was sent. */
function formValueOf(setting: Setting, values: FormData): unknown {
  switch (settings[setting].is) {
    case "flag":
      return values.has(setting);
    case "number":
      return Number(values.get(setting));
    case "roles":
      return values.getAll(setting).map(String);
    default:
      return String(values.get(setting) ?? "").trim();
  }
}

/** The settings of a form that was sent, as the API takes them: those that differ from what stood there. */
export function changedSettings(
  shown: readonly Setting[],
  before: SomeConfig,
  values: FormData,
): Record<string, unknown> {
  const read = shown.map((setting) => [setting, formValueOf(setting, values)] as const);
  return Object.fromEntries(
    read.filter(([setting, value]) => JSON.stringify(value) !== JSON.stringify(before[setting])),
  );
}

/** What a new room has where no rule says otherwise. */
export const usualSettings = {
  description: "",
  language: "",
  persistent: true,
  membersOnly: false,
  registration: true,
  occupantsInvite: true,
  maxOccupants: 0,
  moderated: false,
  openSubject: false,
  privateMessages: "anyone",
  history: 20,
  listed: true,
  whois: "moderators",
  announcedRoles: [...insideRoles],
  quietFrom: 200,
  memberListRoles: [...insideRoles],
} satisfies Omit<RoomConfig, "title">;
