/** XEP-0045: Multi-User Chat, version 1.35.1: the elements that rooms and occupants exchange. */
import { z } from "zod";
import { attr, childText, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";

export const NS_MUC = "http://jabber.org/protocol/muc";
export const NS_MUC_USER = "http://jabber.org/protocol/muc#user";
export const NS_MUC_OWNER = "http://jabber.org/protocol/muc#owner";
export const NS_MUC_ROOMINFO = "http://jabber.org/protocol/muc#roominfo";
export const NS_MUC_ROOMCONFIG = "http://jabber.org/protocol/muc#roomconfig";
/** XEP-0410 3.4: the room answers pings to an occupant's own address by itself. */
export const NS_SELF_PING = "http://jabber.org/protocol/muc#self-ping-optimization";

export const affiliations = ["owner", "admin", "member", "none", "outcast"] as const;
const roles = ["moderator", "participant", "visitor", "none"] as const;
export type Affiliation = (typeof affiliations)[number];
export type Role = (typeof roles)[number];

/** Status codes (XEP-0045 15.6.2) that rooms send. */
export const status = {
  nonAnonymous: 100,
  self: 110,
  logged: 170,
  created: 201,
  nickChanged: 303,
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

/** What a room says of an occupant in presence (7.2.3). */
export const mucUser = codec({
  name: "x",
  ns: NS_MUC_USER,
  schema: z.object({
    item: z
      .object({
        affiliation: z.enum(affiliations).optional(),
        role: z.enum(roles).optional(),
        jid: z.string().optional(),
        nick: z.string().optional(),
      })
      .optional(),
    statuses: z.array(count),
  }),
  read: (element) => {
    const item = element.getChild("item");
    return defined({
      item:
        item &&
        defined({
          affiliation: attr(item, "affiliation"),
          role: attr(item, "role"),
          jid: attr(item, "jid"),
          nick: attr(item, "nick"),
        }),
      statuses: element.getChildren("status").map((each) => attr(each, "code")),
    });
  },
  write: (data) =>
    x(
      "x",
      { xmlns: NS_MUC_USER },
      data.item && x("item", data.item),
      ...data.statuses.map((code) => x("status", { code })),
    ),
});

/** The marker of private messages (7.5). */
export function mucUserMarker(): Element {
  return x("x", { xmlns: NS_MUC_USER });
}
