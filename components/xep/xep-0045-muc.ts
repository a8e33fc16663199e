/** XEP-0045: Multi-User Chat, version 1.35.1: the elements that rooms and occupants exchange. */
import { z } from "zod";
import { attr, childText, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";

export const NS_MUC = "http://jabber.org/protocol/muc";
export const NS_MUC_USER = "http://jabber.org/protocol/muc#user";
export const NS_MUC_OWNER = "http://jabber.org/protocol/muc#owner";
export const NS_MUC_ADMIN = "http://jabber.org/protocol/muc#admin";
export const NS_MUC_ROOMINFO = "http://jabber.org/protocol/muc#roominfo";
export const NS_MUC_ROOMCONFIG = "http://jabber.org/protocol/muc#roomconfig";
/** A room keeps the id that a client gave a message (15.5.2). */
export const NS_STABLE_ID = "http://jabber.org/protocol/muc#stable_id";
/** XEP-0410 3.4: the room answers pings to an occupant's own address by itself. */
export const NS_SELF_PING = "http://jabber.org/protocol/muc#self-ping-optimization";

const affiliations = ["owner", "admin", "member", "none", "outcast"] as const;
const roles = ["moderator", "participant", "visitor", "none"] as const;
export type Affiliation = (typeof affiliations)[number];
export type Role = (typeof roles)[number];

/** Status codes (XEP-0045 15.6.2) that rooms send. */
export const status = {
  nonAnonymous: 100,
  /** To people outside: their affiliation changed meanwhile. */
  affiliationChanged: 101,
  configured: 104,
  self: 110,
  logged: 170,
  nowNonAnonymous: 172,
  nowSemiAnonymous: 173,
  created: 201,
  nickAssigned: 210,
  banned: 301,
  nickChanged: 303,
  kicked: 307,
  /** Removed: no longer affiliated, while the room is for members only. */
  notAffiliated: 321,
  /** Removed: the room became one for members only. */
  nowMembersOnly: 322,
  shutdown: 332,
  /** Removed because of an error, such as a lost connection (15.6.2, 333). */
  lost: 333,
} as const;

const count = z.coerce.number().int().min(0);

/** What a joining client asks for (7.2.2, 7.2.14). */
export const mucJoin = codec({
  name: "x",
  ns: NS_MUC,
  schema: z.object({
    password: z.string().optional(),
    history: z
      .object({
        maxstanzas: count.optional(),
        maxchars: count.optional(),
        seconds: count.optional(),
        since: z.iso.datetime({ offset: true }).optional(),
      })
      .optional(),
  }),
  read: (element) => {
    const history = element.getChild("history");
    return defined({
      password: childText(element, "password"),
      history:
        history &&
        defined({
          maxstanzas: attr(history, "maxstanzas"),
          maxchars: attr(history, "maxchars"),
          seconds: attr(history, "seconds"),
          since: attr(history, "since"),
        }),
    });
  },
  write: (join) =>
    x(
      "x",
      { xmlns: NS_MUC },
      join.password !== undefined && x("password", {}, join.password),
      join.history && x("history", join.history),
    ),
});
export type HistoryRequest = NonNullable<ReturnType<typeof mucJoin.read>["history"]>;

const mucItem = z.object({
  affiliation: z.enum(affiliations).optional(),
  role: z.enum(roles).optional(),
  jid: z.string().optional(),
  nick: z.string().optional(),
  reason: z.string().max(1_000).optional(),
  /** Who did it: a bare address, or the nick where that is not shown. */
  actor: z.object({ jid: z.string().optional(), nick: z.string().optional() }).optional(),
});
export type MucItem = z.output<typeof mucItem>;

/** What a room says of an occupant in presence (7.2.3). */
export const mucUser = codec({
  name: "x",
  ns: NS_MUC_USER,
  schema: z.object({
    item: mucItem.optional(),
    statuses: z.array(count),
  }),
  read: (element) =>
    defined({
      item: itemOf(element.getChild("item")),
      statuses: element.getChildren("status").map((each) => attr(each, "code")),
    }),
  write: (data) =>
    x(
      "x",
      { xmlns: NS_MUC_USER },
      data.item && itemElement(data.item),
      ...data.statuses.map((code) => x("status", { code })),
    ),
});

function itemOf(item: Element | undefined) {
  if (!item) return undefined;
  const actor = item.getChild("actor");
  return defined({
    affiliation: attr(item, "affiliation"),
    role: attr(item, "role"),
    jid: attr(item, "jid"),
    nick: attr(item, "nick"),
    reason: childText(item, "reason"),
    actor: actor && defined({ jid: attr(actor, "jid"), nick: attr(actor, "nick") }),
  });
}

const itemElement = ({ reason, actor, ...attrs }: MucItem): Element =>
  x("item", attrs, actor && x("actor", actor), reason !== undefined && x("reason", {}, reason));

/** What a moderator, admin or owner asks for or changes (8, 9, 10): lists by role or affiliation. */
export const mucAdmin = codec({
  name: "query",
  ns: NS_MUC_ADMIN,
  schema: z.object({ items: z.array(mucItem).min(1).max(1_000) }),
  read: (element) => ({ items: element.getChildren("item").map((item) => itemOf(item)) }),
  write: ({ items }) => x("query", { xmlns: NS_MUC_ADMIN }, ...items.map(itemElement)),
});

/** The end of a room (10.9), with where its people may go instead. */
export const mucDestroy = codec({
  name: "destroy",
  ns: NS_MUC_OWNER,
  schema: z.object({
    jid: z.string().max(3_071).optional(),
    reason: z.string().max(1_000).optional(),
    password: z.string().max(200).optional(),
  }),
  read: (element) =>
    defined({
      jid: attr(element, "jid"),
      reason: childText(element, "reason"),
      password: childText(element, "password"),
    }),
  write: ({ jid, reason, password }) =>
    x(
      "destroy",
      { jid },
      reason !== undefined && x("reason", {}, reason),
      password !== undefined && x("password", {}, password),
    ),
});
export type MucDestroy = ReturnType<typeof mucDestroy.read>;

/** The marker of private messages (7.5). */
export function mucUserMarker(): Element {
  return x("x", { xmlns: NS_MUC_USER });
}
