/** XEP-0319: Last User Interaction in Presence, version 1.0.3, with the time format of XEP-0082. */
import { z } from "zod";
import { attr, x } from "../stanza.ts";
import { codec } from "./codec.ts";

const NS_IDLE = "urn:xmpp:idle:1";

export const idle = codec({
  name: "idle",
  ns: NS_IDLE,
  schema: z.object({ since: z.iso.datetime({ offset: true }) }),
  read: (element) => ({ since: attr(element, "since") }),
  write: ({ since }) => x("idle", { xmlns: NS_IDLE, since }),
});
