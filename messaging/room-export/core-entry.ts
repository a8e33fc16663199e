/** An entry of a room's log as its export shows it. Pure. */
import { attr, childElements, childText, type Element, parseXml } from "../../components/stanza.ts";
import { NS_RETRACT } from "../../components/xep/xep-0424-retraction.ts";
import { NS_MODERATE } from "../../components/xep/xep-0425-moderation.ts";
import { readMessage } from "../core-speaker.ts";
import type { LogEntry } from "../log.ts";

/** A file of the ZIP that a message links to. */
export interface ExportedFile {
  /** From the root of the ZIP. */
  readonly path: string;
  readonly name: string;
  readonly type: string | null;
  readonly bytes: number;
  readonly sha256: string;
}

/** What became of the files that a message links to. */
export interface FilesOf {
  readonly files: readonly ExportedFile[];
  /** Links to files that are not there any more. */
  readonly filesGone: number;
}

export type ExportedEntry = ReturnType<typeof exportedEntry>;

const NS_ENCRYPTION = "urn:xmpp:eme:0";
/** OMEMO in its two versions, and OpenPGP: their payloads are an element of this kind. */
const ENCRYPTED = /^(eu\.siacs\.conversations\.axolotl|urn:xmpp:omemo:\d+|urn:xmpp:openpgp:\d+|jabber:x:encrypted)$/;

/** `stanza` is the message as it was reflected: what is encrypted stands there as it is. */
export function exportedEntry(entry: LogEntry, { files, filesGone }: FilesOf) {
  const { id, seq, at, nick, sender, occupantId, body, stanza } = entry;
  const message = parseXml(stanza);
  const { originId, retracted, ...said } = readMessage(message);
  const subject = body === null ? (childText(message, "subject") ?? null) : null;
  return {
    ...{ id, seq, at: at.toISOString(), kind: kindOf(message, { ...said, retracted, subject }) },
    ...{ nick, sender, occupantId, body, subject, encrypted: isEncrypted(message) },
    ...{ originId, ...said, moderation: moderationOf(message), files, filesGone, stanza },
  };
}

function kindOf(
  message: Element,
  said: Pick<ReturnType<typeof readMessage>, "replaces" | "retracts" | "reactions" | "retracted"> & {
    readonly subject: string | null;
  },
) {
  if (said.retracted) return "taken-back" as const;
  if (said.retracts !== null) return moderationOf(message) ? ("moderation" as const) : ("retraction" as const);
  if (said.reactions) return "reaction" as const;
  if (said.subject !== null) return "subject" as const;
  return said.replaces === null ? ("message" as const) : ("correction" as const);
}

/** Who took a message away that was somebody else's, and why; null where nobody did. */
function moderationOf(message: Element): { readonly by: string | null; readonly reason: string | null } | null {
  const taken = message.getChild("retracted", NS_RETRACT) ?? message.getChild("retract", NS_RETRACT);
  const moderated = taken?.getChild("moderated", NS_MODERATE);
  if (!taken || !moderated) return null;
  return { by: attr(moderated, "by") ?? null, reason: childText(taken, "reason") ?? null };
}

const isEncrypted = (message: Element): boolean =>
  message.getChild("encryption", NS_ENCRYPTION) !== undefined ||
  childElements(message).some((child) => ENCRYPTED.test(child.getNS() ?? ""));
