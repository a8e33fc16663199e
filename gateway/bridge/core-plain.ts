import { childElements, childText, type Element } from "../../components/stanza.ts";

/** What a message says, for networks that know nothing but text. */
export interface Plain {
  readonly text: string;
  /** Said about the sender in the third person (XEP-0245). */
  readonly action: boolean;
}

const NS_OOB = "jabber:x:oob";
const NS_CORRECTION = "urn:xmpp:message-correct:0";
const NS_REACTIONS = "urn:xmpp:reactions:0";

/** Payloads that accompany a message or tell of its state: alone they are nothing to show. */
const SILENT = new Set([
  "http://jabber.org/protocol/chatstates", // XEP-0085
  "urn:xmpp:receipts", // XEP-0184
  "urn:xmpp:delay", // XEP-0203
  "urn:xmpp:chat-markers:0", // XEP-0333
  "urn:xmpp:hints", // XEP-0334
  "urn:xmpp:sid:0", // XEP-0359
  "urn:xmpp:occupant-id:0", // XEP-0421
  "urn:xmpp:hats:0", // XEP-0317
  "urn:xmpp:fallback:0", // XEP-0428
  "http://jabber.org/protocol/muc#user", // XEP-0045: configuration changes
]);

/** Payloads that people see in their client and that have no text of their own here: what is said instead. */
const SAID_AS: Readonly<Record<string, string>> = {
  "urn:xmpp:message-retract:0": "retracted a message", // XEP-0424
  "urn:xmpp:message-retract:1": "retracted a message",
  "urn:xmpp:message-moderate:1": "removed a message", // XEP-0425
  "urn:xmpp:fasten:0": "retracted a message", // XEP-0422, the older way of XEP-0424
  "urn:xmpp:sfs:0": "shared a file", // XEP-0447
  "eu.siacs.conversations.axolotl": "sent an encrypted message that cannot be read here", // XEP-0384
  "urn:xmpp:omemo:2": "sent an encrypted message that cannot be read here",
};

const action = (text: string): Plain => ({ text, action: true });

/**
 * The plain form of a message, or undefined when there is nothing to show. What cannot be shown is said in words
 * instead of being left out: a subject, a reaction, a retraction, a file, an encrypted message.
 */
export function plainForm(stanza: Element | undefined, body: string | null): Plain | undefined {
  if (body !== null && body !== "") return withBody(stanza, body);
  if (!stanza) return undefined;
  const subject = childText(stanza, "subject");
  if (subject !== undefined) return action(subject === "" ? "removed the subject" : `set the subject to: ${subject}`);
  const url = fileUrl(stanza);
  if (url) return { text: url, action: false };
  const reactions = stanza.getChild("reactions", NS_REACTIONS);
  if (reactions) return reacted(reactions);
  if (stanza.getChild("retract")?.getChild("moderated")) return action("removed a message");
  const namespaces = childElements(stanza).map((child) => child.getNS() ?? "");
  for (const ns of namespaces) if (SAID_AS[ns]) return action(SAID_AS[ns]);
  const strange = namespaces.some((ns) => ns !== "" && ns !== stanza.getNS() && !SILENT.has(ns));
  return strange ? action("sent something that cannot be shown here") : undefined;
}

function withBody(stanza: Element | undefined, body: string): Plain {
  const me = body.startsWith("/me ");
  const corrected = stanza?.getChild("replace", NS_CORRECTION) !== undefined;
  const url = stanza && fileUrl(stanza);
  const text = `${corrected ? "(edited) " : ""}${me ? body.slice(4) : body}`;
  return { text: url && !body.includes(url) ? `${text}\n${url}` : text, action: me };
}

function fileUrl(stanza: Element): string | undefined {
  return stanza.getChild("x", NS_OOB)?.getChildText("url") || undefined;
}

/** XEP-0444: the whole set of one person's reactions; an empty one takes them back. */
function reacted(reactions: Element): Plain {
  const emojis = reactions.getChildren("reaction").map((reaction) => reaction.getText());
  return action(emojis.length > 0 ? `reacted with ${emojis.join(" ")}` : "took a reaction back");
}
