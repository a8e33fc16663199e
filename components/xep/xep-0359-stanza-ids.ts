/** XEP-0359: Unique and Stable Stanza IDs, version 0.7.0. */
import { z } from "zod";
import { attr, x } from "../stanza.ts";
import { codec } from "./codec.ts";

export const NS_STANZA_ID = "urn:xmpp:sid:0";

export const stanzaId = codec({
  name: "stanza-id",
  ns: NS_STANZA_ID,
  schema: z.object({ id: z.string().min(1), by: z.string().min(1) }),
  read: (element) => ({ id: attr(element, "id"), by: attr(element, "by") }),
  write: (data) => x("stanza-id", { xmlns: NS_STANZA_ID, ...data }),
});
