/** What the REST door of rooms takes and gives. */
import { z } from "zod";
import { parseJid } from "../components/jid.ts";
import { cursor, lineOfText, linesOfText, pageSchema, sortBy } from "../platform/http.ts";
import { configChanges } from "./core-commands.ts";
import { insideRoles, roomConfig } from "./core-config.ts";
import { roomStates } from "./room-list.ts";
import { invitationStates } from "./store-invitations.ts";

/** The local part of a room's address as it is compared. */
const roomName = z
  .string()
  .min(1)
  .max(255)
  .transform((text, context) => {
    const jid = parseJid(`${text}@rooms.invalid`);
    if (jid && jid.resource === "" && jid.local !== "") return jid.local;
    context.addIssue({ code: "custom", message: "has characters that no address may have" });
    return z.NEVER;
  });
/** Bare address, or a domain. */
const address = z
  .string()
  .min(1)
  .max(1_023)
  .transform((text, context) => {
    const jid = parseJid(text);
    if (jid && jid.resource === "") return jid.local === "" ? jid.domain : `${jid.local}@${jid.domain}`;
    context.addIssue({ code: "custom", message: "is no bare address" });
    return z.NEVER;
  });

export const tenantPath = z.object({ tenant: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/) });
export const roomPath = tenantPath.extend({ room: roomName });
export const memberPath = roomPath.extend({ jid: address });
export const occupantPath = roomPath.extend({ occupant: z.string().min(1).max(128) });
export const messagePath = roomPath.extend({ message: z.uuid() });

const limit = z.coerce.number().int().min(1).max(200).default(50);
const text = z.string().min(1).max(200).optional();
const time = z.iso.datetime();

export const roomPlace = cursor(z.tuple([z.string(), z.string()]));
export const roomsQuery = z.object({
  text: text.describe("Part of name or title."),
  state: z.enum(roomStates).optional().describe("`ownerless`: nobody is named as owner (any more)."),
  sort: sortBy(["name", "title"]),
  cursor: roomPlace.schema.optional(),
  limit,
});

const brief = {
  id: z.uuid(),
  name: z.string(),
  jid: z.string(),
  title: z.string(),
  description: z.string(),
  occupants: z
    .int()
    .nullable()
    .describe("Connections inside: somebody with two devices counts twice. Null while it is unknown."),
  messagesToday: z.int(),
  membersOnly: z.boolean(),
  moderated: z.boolean(),
  listed: z.boolean(),
  persistent: z.boolean(),
  locked: z.boolean().describe("Waits for its first configuration."),
  createdAt: time,
  lastMessageAt: time.nullable(),
  version: z.int(),
};
export const roomPage = pageSchema(z.object(brief));
export const room = z.object({
  ...brief,
  subject: z.string().nullable(),
  passwordSet: z.boolean(),
  config: roomConfig.omit({ password: true }),
});
export type RoomAnswer = z.input<typeof room>;

export const newRoom = z.strictObject({
  name: roomName,
  config: configChanges.optional(),
  owner: address.optional().describe("The first owner; without one the tenant's administration looks after it."),
});
export const changes = configChanges.describe("What shall be different; the rest stays.");
export const destroyQuery = z.object({ alternate: address.optional().describe("The room that takes its place.") });

const affiliations = ["owner", "admin", "member", "outcast"] as const;
export const memberPlace = cursor(z.string());
export const membersQuery = z.object({
  affiliation: z.enum(affiliations).optional(),
  text: text.describe("Part of the address."),
  cursor: memberPlace.schema.optional(),
  limit,
});
const member = z.object({
  jid: z.string(),
  affiliation: z.string(),
  nick: z.string().nullable(),
  reason: z.string().nullable(),
  name: z.string().nullable().describe("Of a person of the tenant."),
});
export const memberPage = pageSchema(member);
export const membership = z.strictObject({ affiliation: z.enum(affiliations), nick: lineOfText(128).optional() });

export const occupantPlace = cursor(z.tuple([z.string(), z.string()]));
export const occupantsQuery = z.object({
  text: text.describe("Part of name or address."),
  sort: sortBy(["nick"]),
  cursor: occupantPlace.schema.optional(),
  limit,
});
export const occupantPage = pageSchema(
  z.object({
    occupantId: z.string(),
    nick: z.string(),
    jid: z.string().nullable().describe("Null for somebody of another network."),
    role: z.enum(insideRoles),
    affiliation: z.string(),
    network: z.string().nullable(),
    sessions: z.int().describe("Devices."),
  }),
);
export const subjectBody = z.strictObject({ subject: z.string().max(1_000).describe("Empty: there is none.") });
export const invitations = z.strictObject({ invite: z.array(address).min(1).max(20) });
export const invitationPlace = cursor(z.string());
export const invitationsQuery = z.object({
  state: z.enum(invitationStates).optional(),
  cursor: invitationPlace.schema.optional(),
  limit,
});
export const invitationPage = pageSchema(
  z.object({
    jid: z.string().describe("Who is invited."),
    name: z.string().nullable().describe("Of a person of the tenant."),
    inviter: z.string().describe("The domain of the tenant where it was a program."),
    inviterName: z.string().nullable(),
    at: time,
    state: z.enum(invitationStates).describe("failed: it came back."),
    answer: z.string().nullable().describe("What was said by who declined, or by the server from which it came back."),
    problem: z
      .string()
      .nullable()
      .describe(
        "With which condition (RFC 6120 8.3.3) it came back: item-not-found, remote-server-not-found and others.",
      ),
    answeredAt: time.nullable(),
  }),
);
const picture = z.object({
  type: z.string().max(50).describe("image/png, image/jpeg, image/gif or image/webp."),
  data: z.base64().max(90_000).describe("At most 64 KiB."),
});
export const avatar = z.object({ avatar: picture.nullable() });
export const avatarBody = z.strictObject(picture.shape);

export const roleBody = z.strictObject({ role: z.enum(insideRoles) });

export const archivePlace = cursor(z.int().min(1));
const archiveFilter = z.object({
  text: text.describe('Words in any German or English form that all stand in the message; "a phrase", or, -without.'),
  from: z.iso.datetime({ offset: true }).optional().describe("From this instant on."),
  to: z.iso.datetime({ offset: true }).optional().describe("Up to before this instant."),
  nick: text,
  order: z.enum(["newest", "oldest"]).default("newest").describe("Which come first."),
  limit,
});
export const archiveQuery = archiveFilter.extend({ cursor: archivePlace.schema.optional() });
/** Messages of several rooms stand in the order of time. */
export const archiveAcrossPlace = cursor(z.object({ at: z.iso.datetime(), id: z.uuid() }));
export const archiveAcrossQuery = archiveFilter.extend({ cursor: archiveAcrossPlace.schema.optional() });
const message = z.object({
  id: z.uuid(),
  seq: z.int(),
  at: time,
  nick: z.string(),
  sender: z.string().nullable().describe("Null for somebody of another network."),
  body: z.string().nullable(),
  excerpt: z.array(z.object({ text: z.string(), hit: z.boolean() })).describe("Around the first word that was found."),
});
export const archivePage = pageSchema(message);
const roomOfMessage = z.object({
  name: z.string(),
  title: z.string(),
  ended: z.boolean().describe("The room is no more; another may have its name."),
});
export const archiveAcrossPage = pageSchema(message.extend({ room: roomOfMessage }));
export const eventsQuery = z.object({
  last: z.coerce.number().int().min(0).max(100).default(20).describe("How many of what was said before to begin with."),
});
export const contextQuery = z.object({
  before: z.coerce.number().int().min(0).max(50).default(5),
  after: z.coerce.number().int().min(0).max(50).default(5),
});
export const contextAnswer = z.object({ items: z.array(message), next: z.null() });

export const daysQuery = z.object({ days: z.coerce.number().int().min(1).max(90).default(30) });
export const sayBody = z.strictObject({ body: linesOfText(50_000) });
export const reactBody = z.strictObject({
  emojis: z.array(lineOfText(32)).max(20).describe("None: takes them back."),
});
export const saidAnswer = z.object({ id: z.uuid().describe("Archive id.") });
export const messagePlace = cursor(z.union([z.strictObject({ older: z.uuid() }), z.strictObject({ newer: z.uuid() })]));
export const messagesQuery = z.object({ cursor: messagePlace.schema.optional(), limit });
export const messages = z.object({
  items: z.array(
    z.object({
      id: z.uuid().describe("Archive id (XEP-0359)."),
      at: time,
      nick: z.string(),
      occupantId: z.string().describe("The same for all that somebody says in this room (XEP-0421)."),
      mine: z.boolean(),
      body: z.string().nullable(),
      originId: z.string().nullable().describe("As its sender calls it."),
      replaces: z.string().nullable().describe("A correction: `originId` of what it corrects."),
      retracts: z.string().nullable().describe("A retraction: `id` of what was taken back."),
      reactions: z.object({ to: z.string(), emojis: z.array(z.string()) }).nullable(),
      retracted: z.boolean().describe("Was taken back: only its place is left."),
    }),
  ),
  older: z.string().nullable().describe("`cursor` of what was said before; null where the archive begins."),
  newer: z.string().nullable().describe("`cursor` of what was said after; also of what is yet to be said."),
});

const days = z.array(z.object({ day: z.iso.date(), messages: z.int() }));
const figures = {
  occupants: brief.occupants,
  messages: z.int().describe("In the archive, whatever their age."),
  bytes: z.int().describe("About how much the archive holds of them, without files: reckoned from the latest ones."),
  lastMessageAt: time.nullable(),
  days,
};
export const roomStatistics = z.object(figures);
export const tenantStatistics = z.object({ ...figures, rooms: z.int(), messagesToday: z.int() });
