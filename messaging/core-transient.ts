/** What of messages is for the record. Pure. */
import type { Element } from "../components/stanza.ts";
import { NS_STANZA_ID } from "../components/xep/xep-0359-stanza-ids.ts";
import { NS_RETRACT } from "../components/xep/xep-0424-retraction.ts";

const NS_HINTS = "urn:xmpp:hints";
/** Alone they tell of a moment: XEP-0085, XEP-0184, XEP-0333. Each reader's markers would fill the log otherwise. */
const PASSING = ["http://jabber.org/protocol/chatstates", "urn:xmpp:receipts", "urn:xmpp:chat-markers:0"];

/** What a message says once and not for the record: typing, markers, and what its sender asks not to store (XEP-0334). */
export function isTransient(children: readonly Element[]): boolean {
  // XEP-0424 5: whoever was away must find out, whatever the sender says about storing.
  if (children.some((child) => child.getNS() === NS_RETRACT)) return false;
  const hints = children.filter((child) => child.getNS() === NS_HINTS).map(({ name }) => name);
  if (hints.includes("no-store") || hints.includes("no-permanent-store")) return true;
  if (hints.includes("store")) return false;
  const aside = [...PASSING, NS_HINTS, NS_STANZA_ID];
  return children.every((child) => aside.includes(child.getNS() ?? "") || child.name === "thread");
}
