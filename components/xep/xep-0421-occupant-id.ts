/** XEP-0421: Occupant identifiers for semi-anonymous MUCs, version 1.0.0. */
import { type Element, x } from "../stanza.ts";

export const NS_OCCUPANT_ID = "urn:xmpp:occupant-id:0";

export function occupantIdElement(id: string): Element {
  return x("occupant-id", { xmlns: NS_OCCUPANT_ID, id });
}
