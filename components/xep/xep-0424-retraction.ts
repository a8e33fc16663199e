/** XEP-0424: Message Retraction, version 0.4.2. */
import { z } from "zod";
import { attr, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";

export const NS_RETRACT = "urn:xmpp:message-retract:1";
/** The archive keeps tombstones (3). */
export const NS_TOMBSTONE = `${NS_RETRACT}#tombstone`;

/** A message takes back the one with this id: in rooms that of the archive (XEP-0359). */
export const retract = codec({
  name: "retract",
  ns: NS_RETRACT,
  schema: z.object({ id: z.string().min(1).max(255) }),
  read: (element) => ({ id: attr(element, "id") }),
  write: ({ id }) => x("retract", { xmlns: NS_RETRACT, id }),
});

/** What stands in the archive in place of a message that its author took back; `id` is that of the retraction. */
export const retracted = codec({
  name: "retracted",
  ns: NS_RETRACT,
  schema: z.object({ id: z.string().optional(), stamp: z.iso.datetime({ offset: true }) }),
  read: (element) => defined({ id: attr(element, "id"), stamp: attr(element, "stamp") }),
  write: (data) => x("retracted", { xmlns: NS_RETRACT, ...data }),
});
