/** XEP-0203: Delayed Delivery, version 2.0, with the time format of XEP-0082. */
import { z } from "zod";
import { attr, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";

export const NS_DELAY = "urn:xmpp:delay";

export const delay = codec({
  name: "delay",
  ns: NS_DELAY,
  schema: z.object({ from: z.string().optional(), stamp: z.iso.datetime({ offset: true }) }),
  read: (element) => defined({ from: attr(element, "from"), stamp: attr(element, "stamp") }),
  write: (data) => x("delay", { xmlns: NS_DELAY, ...data }),
});
