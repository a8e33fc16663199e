import * as z from "zod/mini";
import { roles } from "../../identity/permissions.ts";

/** What the API says of rooms: the one place that knows its shapes. */

const insideRole = z.enum(["moderator", "participant", "visitor"]);

/** What an owner may set of a room, as messaging/core-config.ts has it; the password itself is never read. */
export const configShape = z.object({
  title: z.string(),
  description: z.string(),
  language: z.string(),
  listed: z.boolean(),
  persistent: z.boolean(),
  membersOnly: z.boolean(),
  moderated: z.boolean(),
  whois: z.enum(["moderators", "anyone"]),
  maxOccupants: z.number(),
  occupantsInvite: z.boolean(),
  privateMessages: z.enum(["anyone", "participants", "moderators", "none"]),
  openSubject: z.boolean(),
  announcedRoles: z.array(insideRole),
  quietFrom: z.number(),
  memberListRoles: z.array(insideRole),
  registration: z.boolean(),
  history: z.number(),
});
export type RoomConfig = z.infer<typeof configShape>;
/** Some of it. */
export type SomeConfig = { readonly [K in keyof RoomConfig]?: RoomConfig[K] | undefined };

export const roomShape = z.object({
  name: z.string(),
  jid: z.string(),
  title: z.string(),
  description: z.string(),
  /** Null while it is not known. */
  occupants: z.nullable(z.number()),
  messagesToday: z.number(),
  membersOnly: z.boolean(),
  moderated: z.boolean(),
  listed: z.boolean(),
  persistent: z.boolean(),
  locked: z.boolean(),
  createdAt: z.string(),
  lastMessageAt: z.nullable(z.string()),
});
export type RoomRow = z.infer<typeof roomShape>;

/** The domain of the tenant: its rooms are at rooms.<domain>. */
export const domainOf = ({ jid }: Pick<RoomRow, "jid">): string => jid.slice(jid.indexOf("@rooms.") + "@rooms.".length);

/** A room as read alone. */
export const wholeRoom = z.extend(roomShape, {
  config: configShape,
  passwordSet: z.boolean(),
  subject: z.nullable(z.string()),
  version: z.number(),
});
export type WholeRoom = z.infer<typeof wholeRoom>;

export const affiliations = ["owner", "admin", "member", "outcast"] as const;
/** Those that moderators of a tenant give and take; the others are for its administrators. */
export const affiliationsByModerators = ["member", "outcast"] as const;
const affiliationShape = z.enum(affiliations);

export const memberShape = z.object({
  jid: z.string(),
  affiliation: affiliationShape,
  nick: z.nullable(z.string()),
  reason: z.nullable(z.string()),
  name: z.nullable(z.string()),
});
export type MemberRow = z.infer<typeof memberShape>;

export const invitationStates = ["pending", "accepted", "declined", "failed", "withdrawn"] as const;
export const roomInvitationShape = z.object({
  jid: z.string(),
  name: z.nullable(z.string()),
  /** A domain where it was a program. */
  inviter: z.string(),
  inviterName: z.nullable(z.string()),
  at: z.string(),
  state: z.enum(invitationStates),
  answer: z.nullable(z.string()),
  /** Condition of the error with which it came back. */
  problem: z.nullable(z.string()),
  answeredAt: z.nullable(z.string()),
});
export type RoomInvitation = z.infer<typeof roomInvitationShape>;

/** The picture of a room, as base64. */
export const avatarShape = z.object({ avatar: z.nullable(z.object({ type: z.string(), data: z.string() })) });
export type Avatar = z.infer<typeof avatarShape>["avatar"];

export const occupantShape = z.object({
  nick: z.string(),
  occupantId: z.string(),
  jid: z.nullable(z.string()),
  role: insideRole,
  affiliation: z.enum([...affiliations, "none"]),
  network: z.nullable(z.string()),
  sessions: z.number(),
});
export type OccupantRow = z.infer<typeof occupantShape>;

export const statisticsShape = z.object({
  /** Of all rooms only. */
  rooms: z.optional(z.number()),
  occupants: z.nullable(z.number()),
  messages: z.number(),
  /** About. */
  bytes: z.number(),
  lastMessageAt: z.nullable(z.string()),
  days: z.array(z.object({ day: z.string(), messages: z.number() })),
});
export type Statistics = z.infer<typeof statisticsShape>;

export const messageShape = z.object({
  id: z.string(),
  at: z.string(),
  nick: z.string(),
  sender: z.nullable(z.string()),
  body: z.nullable(z.string()),
  /** The body in parts, those that were searched for marked. */
  excerpt: z.array(z.object({ text: z.string(), hit: z.boolean() })),
  /** Where several rooms were searched. */
  room: z.optional(z.object({ name: z.string(), title: z.string(), ended: z.boolean() })),
});
export type MessageRow = z.infer<typeof messageShape>;

/** What an entry of a room's log is to who reads along. */
export const roomEventShape = z.object({
  id: z.string(),
  at: z.string(),
  nick: z.string(),
  body: z.nullable(z.string()),
  kind: z.enum(["message", "correction", "subject", "retraction", "retracted", "other"]),
  target: z.nullable(z.string()),
});
export type RoomEvent = z.infer<typeof roomEventShape>;

const rateShape = z.object({ person: z.number(), room: z.number() });

/** The rules of a tenant for its rooms. */
export const rulesShape = z.object({
  version: z.number(),
  creators: z.union([z.literal("everybody"), z.array(z.enum(roles))]),
  prefix: z.string(),
  pattern: z.string(),
  reservedNames: z.array(z.string()),
  /** What a new room's configuration has instead of the usual. */
  defaults: z.extend(z.partial(configShape), { password: z.optional(z.string()) }),
  lockNewRooms: z.boolean(),
  archive: z.boolean(),
  archiveDays: z.nullable(z.number()),
  /** How long the operator lets messages be kept. */
  archiveLimit: z.object({ amount: z.number(), unit: z.enum(["day", "month", "year"]) }),
  invitePartners: z.boolean(),
  guests: z.boolean(),
  roleHats: z.boolean(),
  messagesPerTenSeconds: rateShape,
  joinsPerTenSeconds: rateShape,
});
export type RoomRules = z.infer<typeof rulesShape>;
