/** XEP-0317: Hats, version 0.3.1: what somebody is in a room besides role and affiliation. */
import { z } from "zod";
import { attr, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";

export const NS_HATS = "urn:xmpp:hats:0";

export const hats = codec({
  name: "hats",
  ns: NS_HATS,
  schema: z.object({ hats: z.array(z.object({ uri: z.string(), title: z.string(), lang: z.string().optional() })) }),
  read: (element) => ({
    hats: element
      .getChildren("hat")
      .map((each) => defined({ uri: attr(each, "uri"), title: attr(each, "title"), lang: attr(each, "xml:lang") })),
  }),
  write: (data) =>
    x(
      "hats",
      { xmlns: NS_HATS },
      ...data.hats.map(({ uri, title, lang }) => x("hat", { uri, title, "xml:lang": lang })),
    ),
});
