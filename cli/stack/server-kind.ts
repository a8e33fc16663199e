/** What the stack needs of the XMPP server beside which the components run, whichever it is. */
import type { PartSpec } from "./part.ts";

/** The servers there are; the first is the usual one. */
export const serverNames = ["prosody", "ejabberd"] as const;
export type ServerName = (typeof serverNames)[number];

export interface XmppServer {
  readonly part: PartSpec;
  /** Makes those of these accounts that are missing. */
  createAccounts(passwords: ReadonlyMap<string, string>): Promise<void>;
}
