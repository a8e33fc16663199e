/** XEP-0317: Hats, version 0.3.1: what somebody is in a room besides role and affiliation. */
import { z } from "zod";
import { attr, x } from "../stanza.ts";
import { codec } from "./codec.ts";

export const NS_HATS = "urn:xmpp:hats:0";

export const hats = codec({
  name: "hats",
  ns: NS_HATS,
  schema: z.object({ hats: z.array(z.object({ uri: z.string(), title: z.string() })) }),
  read: (element) => ({
    hats: element.getChildren("hat").map((each) => ({ uri: attr(each, "uri"), title: attr(each, "title") })),
  }),
  write: (data) => x("hats", { xmlns: NS_HATS }, ...data.hats.map((each) => x("hat", each))),
});
