/** XEP-0108: User Activity, version 1.3. */
import { z } from "zod";
import { childElements, childText, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";

/** Namespace of the element, and the node where it is published. */
export const NS_ACTIVITY = "http://jabber.org/protocol/activity";

/** Without anything in it: the person says no more what he does (2.2.1, as in XEP-0107). */
export const activity = codec({
  name: "activity",
  ns: NS_ACTIVITY,
  schema: z.object({
    /** Such as `working`. */
    general: z.string().optional(),
    /** Such as `in_a_meeting`. */
    specific: z.string().optional(),
    text: z.string().optional(),
  }),
  read: (element) => {
    const general = childElements(element).find((each) => each.getNS() === NS_ACTIVITY && each.name !== "text");
    return defined({
      general: general?.name,
      specific: general && childElements(general).find((each) => each.getNS() === NS_ACTIVITY)?.name,
      text: childText(element, "text"),
    });
  },
  write: ({ general, specific, text }) =>
    x(
      "activity",
      { xmlns: NS_ACTIVITY },
      general !== undefined && x(general, {}, specific !== undefined && x(specific)),
      text !== undefined && x("text", {}, text),
    ),
});
