/** XEP-0425: Moderated Message Retraction, version 0.3.0. */
import { z } from "zod";
import { attr, childText, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import { NS_OCCUPANT_ID, occupantIdElement } from "./xep-0421-occupant-id.ts";
import { NS_RETRACT } from "./xep-0424-retraction.ts";

export const NS_MODERATE = "urn:xmpp:message-moderate:1";

const reason = z.string().max(1_000).optional();

/** A moderator asks that the message with this archive id be taken back: nothing else can be asked for. */
export const moderate = codec({
  name: "moderate",
  ns: NS_MODERATE,
  schema: z.object({ id: z.string().min(1).max(255), action: z.literal("retract"), reason }),
  read: (element) =>
    defined({
      id: attr(element, "id"),
      action: element.getChild("retract", NS_RETRACT) && "retract",
      reason: childText(element, "reason"),
    }),
  write: (data) =>
    x("moderate", { xmlns: NS_MODERATE, id: data.id }, x("retract", { xmlns: NS_RETRACT }), reasonOf(data.reason)),
});

/** Who moderated: the address in the room and the occupant id. */
const moderator = { by: z.string().min(1), occupantId: z.string().optional(), reason };

/** What a room tells all when a message was moderated. */
export const moderatedRetract = codec({
  name: "retract",
  ns: NS_RETRACT,
  schema: z.object({ id: z.string().min(1), ...moderator }),
  read: (element) => defined({ id: attr(element, "id"), ...moderatorOf(element) }),
  write: (data) => x("retract", { xmlns: NS_RETRACT, id: data.id }, moderated(data), reasonOf(data.reason)),
});

/** What stands in the archive in place of a moderated message; `id` is that of the room's message about it. */
export const moderatedTombstone = codec({
  name: "retracted",
  ns: NS_RETRACT,
  schema: z.object({ id: z.string().optional(), stamp: z.iso.datetime({ offset: true }), ...moderator }),
  read: (element) => defined({ id: attr(element, "id"), stamp: attr(element, "stamp"), ...moderatorOf(element) }),
  write: ({ id, stamp, ...data }) =>
    x("retracted", { xmlns: NS_RETRACT, id, stamp }, moderated(data), reasonOf(data.reason)),
});

function moderatorOf(element: Element) {
  const inner = element.getChild("moderated", NS_MODERATE);
  const occupantId = inner?.getChild("occupant-id", NS_OCCUPANT_ID);
  return {
    by: inner && attr(inner, "by"),
    occupantId: occupantId && attr(occupantId, "id"),
    reason: childText(element, "reason"),
  };
}

const moderated = ({ by, occupantId }: { readonly by: string; readonly occupantId?: string | undefined }): Element =>
  x("moderated", { xmlns: NS_MODERATE, by }, occupantId !== undefined && occupantIdElement(occupantId));

const reasonOf = (text: string | undefined) => text !== undefined && x("reason", {}, text);
