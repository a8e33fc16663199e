/** XEP-0199: XMPP Ping, version 2.0.1. */
import { type Element, x } from "../stanza.ts";

export const NS_PING = "urn:xmpp:ping";

/** A ping request from one address to another; the router sets its id. */
export function pingRequest(from: string, to: string): Element {
  return x("iq", { type: "get", from, to }, x("ping", { xmlns: NS_PING }));
}
