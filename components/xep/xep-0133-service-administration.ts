/** XEP-0133: Service Administration, version 1.3.0: the commands for accounts. */
import { KontorError } from "../../platform/errors.ts";
import { type Element, x } from "../stanza.ts";
import type { DataForm } from "./xep-0004-data-forms.ts";
import { adHocCommand, NS_COMMANDS } from "./xep-0050-commands.ts";

export const NS_ADMIN = "http://jabber.org/protocol/admin";

/** A command with what its form is filled in with. */
export interface AdminCommand {
  readonly node: string;
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/** Section 4.1. */
export const addUser = (jid: string, password: string): AdminCommand => ({
  node: `${NS_ADMIN}#add-user`,
  fields: { accountjid: [jid], password: [password], "password-verify": [password] },
});

/** Section 4.2. */
export const deleteUser = (jid: string): AdminCommand => ({
  node: `${NS_ADMIN}#delete-user`,
  fields: { accountjids: [jid] },
});

/** Section 4.5. */
export const endUserSession = (jid: string): AdminCommand => ({
  node: `${NS_ADMIN}#end-user-session`,
  fields: { accountjids: [jid] },
});

/** Section 4.7. */
export const changeUserPassword = (jid: string, password: string): AdminCommand => ({
  node: `${NS_ADMIN}#change-user-password`,
  fields: { accountjid: [jid], password: [password] },
});

/** What the filled-in form of a command looks like. */
function adminForm({ fields }: AdminCommand): DataForm {
  const given = Object.entries(fields).map(([name, values]) => ({ var: name, values: [...values] }));
  return { type: "submit", fields: [{ var: "FORM_TYPE", type: "hidden", values: [NS_ADMIN] }, ...given] };
}

/**
 * Executes a command at a host: asks for its form and submits it filled in. Resolves when the server says that it is
 * done. Throws `policy-violation` with the server's words when it refuses, and what `request` throws: `unavailable`
 * while the server is away, `forbidden` when the sender is no administrator there.
 */
export async function administer(
  request: (iq: Element) => Promise<Element>,
  address: { readonly from: string; readonly to: string },
  command: AdminCommand,
): Promise<void> {
  const { node } = command;
  const ask = async (child: Element) => {
    const answer = (await request(x("iq", { type: "set", ...address }, child))).getChild("command", NS_COMMANDS);
    if (!answer) throw new KontorError("service-unavailable", `The answer to ${node} holds no command`);
    return adHocCommand.read(answer);
  };
  const first = await ask(adHocCommand.write({ node, action: "execute", notes: [] }));
  if (first.status !== "executing" || first.sessionId === undefined) {
    throw new KontorError("service-unavailable", `${node} gives no form`);
  }
  const last = await ask(
    adHocCommand.write({
      node,
      action: "complete",
      sessionId: first.sessionId,
      form: adminForm(command),
      notes: [],
    }),
  );
  const refusal = last.notes.find((note) => note.type === "error");
  if (refusal) throw new KontorError("policy-violation", refusal.text);
  if (last.status !== "completed") throw new KontorError("service-unavailable", `${node} was not completed`);
}
