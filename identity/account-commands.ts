import { randomBytes } from "node:crypto";
import {
  type AdminCommand,
  addUser,
  changeUserPassword,
  deleteUser,
  endUserSession,
} from "../components/xep/xep-0133-service-administration.ts";
import { KontorError } from "../platform/errors.ts";
import type { AccountTaskKind } from "./person-tables.ts";

/** Sends one command of XEP-0133; throws `policy-violation` when the server refuses it. */
export type Administer = (command: AdminCommand) => Promise<void>;

/** A password that nobody knows. */
export const unknownPassword = (): string => randomBytes(24).toString("base64url");

/**
 * Brings an account to where a task wants it. Each may be repeated, since an answer can be lost: nothing here fails
 * because it was done before. Servers say why they refuse in words only, so what was refused is told by what works.
 *
 * Prosody 0.12 knows no disabled accounts: a disabled one gets a password that nobody knows and its sessions end.
 */
export async function carryOut(
  administer: Administer,
  kind: AccountTaskKind,
  jid: string,
  password = unknownPassword(),
): Promise<void> {
  switch (kind) {
    case "create":
      try {
        return await administer(addUser(jid, password));
      } catch (error) {
        if (!refused(error)) throw error;
        if (!(await accepts(administer, changeUserPassword(jid, password)))) throw error;
        return;
      }
    case "password":
      // Who resets a password may do so because somebody else knows the old one: that one's sessions end as well.
      if (await accepts(administer, changeUserPassword(jid, password))) return administer(endUserSession(jid));
      return administer(addUser(jid, password));
    case "disable":
      if (await accepts(administer, changeUserPassword(jid, unknownPassword()))) await administer(endUserSession(jid));
      return;
    case "delete":
      if (!(await accepts(administer, changeUserPassword(jid, unknownPassword())))) return;
      await administer(endUserSession(jid));
      await administer(deleteUser(jid));
      // The answer is the same whether it worked or not; an account that takes a password is still there.
      if (!(await accepts(administer, changeUserPassword(jid, unknownPassword())))) return;
      throw new KontorError("policy-violation", "The server did not delete the account");
  }
}

const refused = (error: unknown): boolean => error instanceof KontorError && error.code === "policy-violation";

async function accepts(administer: Administer, command: AdminCommand): Promise<boolean> {
  try {
    await administer(command);
    return true;
  } catch (error) {
    if (refused(error)) return false;
    throw error;
  }
}
