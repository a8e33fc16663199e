/** XEP-0059: Result Set Management, version 1.0.1. */
import { z } from "zod";
import { attr, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";

export const NS_RSM = "http://jabber.org/protocol/rsm";

const count = z.coerce.number().int().min(0);

/** The page that is asked for. An empty `before` asks for the last page (2.5). */
export const rsmRequest = codec({
  name: "set",
  ns: NS_RSM,
  schema: z.object({ max: count.optional(), after: z.string().min(1).optional(), before: z.string().optional() }),
  read: (element) =>
    defined({
      max: element.getChildText("max") ?? undefined,
      after: element.getChildText("after") ?? undefined,
      before: element.getChildText("before") ?? undefined,
    }),
  write: (set) =>
    x(
      "set",
      { xmlns: NS_RSM },
      set.max !== undefined && x("max", {}, String(set.max)),
      set.after !== undefined && x("after", {}, set.after),
      set.before !== undefined && x("before", {}, set.before),
    ),
});

/** The page that was given. */
export const rsmResult = codec({
  name: "set",
  ns: NS_RSM,
  schema: z.object({
    first: z.object({ id: z.string(), index: count.optional() }).optional(),
    last: z.string().optional(),
    count: count.optional(),
  }),
  read: (element) => {
    const first = element.getChild("first");
    return defined({
      first: first && defined({ id: first.getText(), index: attr(first, "index") }),
      last: element.getChildText("last") ?? undefined,
      count: element.getChildText("count") ?? undefined,
    });
  },
  write: (set) =>
    x(
      "set",
      { xmlns: NS_RSM },
      set.first && x("first", { index: set.first.index }, set.first.id),
      set.last !== undefined && x("last", {}, set.last),
      set.count !== undefined && x("count", {}, String(set.count)),
    ),
});
