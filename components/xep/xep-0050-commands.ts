/** XEP-0050: Ad-Hoc Commands, version 1.3.0. */
import { z } from "zod";
import { attr, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import { dataForm, NS_DATA_FORMS } from "./xep-0004-data-forms.ts";

export const NS_COMMANDS = "http://jabber.org/protocol/commands";

const form = z.custom<ReturnType<typeof dataForm.read>>();

export const adHocCommand = codec({
  name: "command",
  ns: NS_COMMANDS,
  schema: z.object({
    node: z.string(),
    action: z.enum(["execute", "cancel", "prev", "next", "complete"]).optional(),
    status: z.enum(["executing", "completed", "canceled"]).optional(),
    sessionId: z.string().optional(),
    form: form.optional(),
    notes: z.array(z.object({ type: z.enum(["info", "warn", "error"]), text: z.string() })),
  }),
  read: (element) => {
    const child = element.getChild("x", NS_DATA_FORMS);
    return defined({
      node: attr(element, "node"),
      action: attr(element, "action"),
      status: attr(element, "status"),
      sessionId: attr(element, "sessionid"),
      form: child && dataForm.read(child),
      // Section 3.4: a note without a type is information.
      notes: element.getChildren("note").map((note) => ({ type: attr(note, "type") ?? "info", text: note.getText() })),
    });
  },
  write: ({ node, action, status, sessionId, form: sent, notes }) =>
    x(
      "command",
      { xmlns: NS_COMMANDS, node, action, status, sessionid: sessionId },
      ...notes.map((note) => x("note", { type: note.type }, note.text)),
      sent && dataForm.write(sent),
    ),
});
