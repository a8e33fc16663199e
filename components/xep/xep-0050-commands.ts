/** XEP-0050: Ad-Hoc Commands, version 1.3.0. */
import { z } from "zod";
import type { ErrorCode } from "../../platform/errors.ts";
import { SpecificError } from "../specific-error.ts";
import { attr, childElements, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";
import { dataForm, NS_DATA_FORMS } from "./xep-0004-data-forms.ts";

export const NS_COMMANDS = "http://jabber.org/protocol/commands";

/** What a client may do with a command besides beginning it (3.4). */
const stepping = z.enum(["prev", "next", "complete"]);
const commandActions = z.enum(["execute", "cancel", ...stepping.options]);
export type CommandAction = z.output<typeof commandActions>;

const form = z.custom<ReturnType<typeof dataForm.read>>();

export const adHocCommand = codec({
  name: "command",
  ns: NS_COMMANDS,
  schema: z.object({
    node: z.string(),
    action: commandActions.optional(),
    status: z.enum(["executing", "completed", "canceled"]).optional(),
    sessionId: z.string().optional(),
    /** What may be done next; `execute` names the usual one of them. */
    actions: z.object({ execute: stepping.optional(), allowed: z.array(stepping) }).optional(),
    form: form.optional(),
    notes: z.array(z.object({ type: z.enum(["info", "warn", "error"]), text: z.string() })),
  }),
  read: (element) => {
    const child = element.getChild("x", NS_DATA_FORMS);
    const actions = element.getChild("actions");
    return defined({
      node: attr(element, "node"),
      action: attr(element, "action"),
      status: attr(element, "status"),
      sessionId: attr(element, "sessionid"),
      actions:
        actions &&
        defined({ execute: attr(actions, "execute"), allowed: childElements(actions).map(({ name }) => name) }),
      form: child && dataForm.read(child),
      // Section 3.4: a note without a type is information.
      notes: element.getChildren("note").map((note) => ({ type: attr(note, "type") ?? "info", text: note.getText() })),
    });
  },
  write: ({ node, action, status, sessionId, actions, form: sent, notes }) =>
    x(
      "command",
      { xmlns: NS_COMMANDS, node, action, status, sessionid: sessionId },
      actions && x("actions", { execute: actions.execute }, ...actions.allowed.map((each) => x(each))),
      ...notes.map((note) => x("note", { type: note.type }, note.text)),
      sent && dataForm.write(sent),
    ),
});

/** The conditions of 4.4 with the error that each comes with. */
const conditions = {
  "malformed-action": "bad-request",
  "bad-action": "bad-request",
  "bad-payload": "bad-request",
  "bad-sessionid": "bad-request",
  "session-expired": "not-allowed",
} as const satisfies Record<string, ErrorCode>;

export const commandError = (condition: keyof typeof conditions, detail: string): SpecificError =>
  new SpecificError(conditions[condition], detail, x(condition, { xmlns: NS_COMMANDS }));

/** The action of a request (3.4: `execute` without a word). Throws `malformed-action` for what is none. */
export function actionOf(element: Element): CommandAction {
  const action = commandActions.safeParse(attr(element, "action") ?? "execute");
  if (!action.success) throw commandError("malformed-action", "There is no such action");
  return action.data;
}
