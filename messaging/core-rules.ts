/** The rules of a tenant for its rooms: one schema for what is stored, asked over the API and carried out. Pure. */
import { z } from "zod";
import { parseJid } from "../components/jid.ts";
import type { Affiliation } from "../components/xep/xep-0045-muc.ts";
import { type Role, roles } from "../identity/permissions.ts";
import { KontorError } from "../platform/errors.ts";
import { changed, configChanges } from "./core-commands.ts";
import { defaultConfig, type RoomConfig } from "./core-config.ts";

const rate = (person: number, room: number) =>
  z
    .strictObject({
      person: z.int().min(1).max(100_000).default(person).describe("Of one person, in all rooms together."),
      room: z.int().min(1).max(100_000).default(room).describe("In one room, of all people together."),
    })
    .prefault({});

/** What a stored one does not have yet takes its default. */
export const roomRules = z.strictObject({
  creators: z
    .union([z.literal("everybody"), z.array(z.enum(roles)).min(1).max(roles.length)])
    .default("everybody")
    .describe("Who of the tenant's people may make rooms; administrators may over the API in any case."),
  prefix: z.string().max(50).toLowerCase().default("").describe("How the name of each new room begins."),
  pattern: z
    .string()
    .max(100)
    .toLowerCase()
    .regex(/^[^*]*(\*[^*]*){0,3}$/, "has at most three *")
    .default("")
    .describe("What the whole name of a new room looks like: * stands for any text, ? for one character. Empty: any."),
  reservedNames: z
    .array(z.string().min(1).max(255).toLowerCase())
    .max(500)
    .default([])
    .describe("Names that only administrators give, over the API."),
  defaults: configChanges.prefault({}).describe("What the configuration of a new room has instead of the usual."),
  lockNewRooms: z.boolean().default(false).describe("A new room waits for its owner's configuration."),
  archive: z
    .boolean()
    .default(true)
    .describe("Off: nobody reads back what was said, and it is deleted within half an hour."),
  invitePartners: z
    .boolean()
    .default(true)
    .describe("Whether people of partners may be invited by whoever may invite."),
  guests: z.boolean().default(true).describe("Whether people of partners who have no tie to a room may enter it."),
  roleHats: z
    .boolean()
    .default(false)
    .describe("Whether roles in the tenant (administration, data protection, moderation) are shown in its rooms."),
  // So generous that only machines meet them: what a tenant says in all is limited by its quota.
  messagesPerTenSeconds: rate(300, 3_000),
  joinsPerTenSeconds: rate(100, 5_000),
});
export type RoomRules = Readonly<z.output<typeof roomRules>>;

export const defaultRules: RoomRules = roomRules.parse({});

/** Throws `policy-violation` for a name that new rooms must not have. `reserved`: whether reserved ones may be given. */
export function checkName(rules: RoomRules, name: string, reserved: boolean): void {
  if (!name.startsWith(rules.prefix)) {
    throw new KontorError("policy-violation", `Names of rooms begin with '${rules.prefix}' here`);
  }
  if (rules.pattern !== "" && !globOf(rules.pattern).test(name)) {
    throw new KontorError("policy-violation", `Names of rooms look like '${rules.pattern}' here`);
  }
  if (!reserved && rules.reservedNames.includes(name)) {
    throw new KontorError("policy-violation", "This name is reserved: choose another one");
  }
}

function globOf(pattern: string): RegExp {
  const parts = [...pattern].map((char) => {
    if (char === "*") return ".*";
    return char === "?" ? "." : char.replace(/[.+^${}()|[\]\\/]/, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "u");
}

/** Throws `not-allowed` (XEP-0045 10.1.1) for who may make no rooms. `of` gives the person's roles. */
export function checkCreator({ creators }: RoomRules, of: readonly string[]): void {
  if (creators === "everybody" || creators.some((role: Role) => of.includes(role))) return;
  throw new KontorError("not-allowed", "You may not make rooms: ask your administration for one");
}

/** Throws `registration-required` for an outsider without a tie to the room, where the rules keep those out. */
export function checkOutsider({ guests }: RoomRules, affiliation: Affiliation, outside: boolean): void {
  if (!outside || guests || affiliation !== "none") return;
  throw new KontorError("registration-required", "People from outside need an invitation as members here");
}

/** Throws `policy-violation` where people of other domains are not to be invited. Malformed addresses are none. */
export function checkInvitees(
  { invitePartners }: RoomRules,
  domain: string,
  invites: readonly { readonly to?: string | undefined }[],
): void {
  if (invitePartners) return;
  if (invites.every(({ to }) => (parseJid(to)?.domain ?? domain) === domain)) return;
  throw new KontorError("policy-violation", "People from outside may not be invited here");
}

/** The configuration that a new room begins with. */
export const firstConfig = (rules: RoomRules, name: string, changes: z.output<typeof configChanges> = {}): RoomConfig =>
  changed(changed(defaultConfig(name), rules.defaults), changes);
