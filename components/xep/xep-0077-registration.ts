/** XEP-0077: In-Band Registration, version 2.4: as much as rooms take (XEP-0045 7.10). */
import { z } from "zod";
import { childText, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import { dataForm, NS_DATA_FORMS } from "./xep-0004-data-forms.ts";

export const NS_REGISTER = "jabber:iq:register";

const form = z.custom<ReturnType<typeof dataForm.read>>();

/** What is asked for, what was given, or that somebody is registered already. */
export const registration = codec({
  name: "query",
  ns: NS_REGISTER,
  schema: z.object({
    registered: z.boolean(),
    username: z.string().max(1_023).optional(),
    remove: z.boolean(),
    form: form.optional(),
  }),
  read: (element) => {
    const fields = element.getChild("x", NS_DATA_FORMS);
    return defined({
      registered: element.getChild("registered") !== undefined,
      username: childText(element, "username"),
      remove: element.getChild("remove") !== undefined,
      form: fields && dataForm.read(fields),
    });
  },
  write: ({ registered, username, remove, form: fields }) =>
    x(
      "query",
      { xmlns: NS_REGISTER },
      registered && x("registered"),
      username !== undefined && x("username", {}, username),
      remove && x("remove"),
      fields && dataForm.write(fields),
    ),
});
