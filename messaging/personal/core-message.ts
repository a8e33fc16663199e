/** A message of a person's own archive as the API shows it. Pure. */
import { childText, parseXml } from "../../components/stanza.ts";

/** A row of the archive. */
export interface ArchivedMessage {
  readonly sort_id: number;
  readonly key: string;
  readonly when: number;
  readonly with: string;
  readonly value: string;
}

/** `own` is the bare address of whose archive it is. */
export function messageOf({ key, when, with: other, value }: ArchivedMessage, own: string) {
  const stanza = parseXml(value);
  const from = String(stanza.attrs.from ?? "");
  return {
    id: key,
    at: new Date(when * 1_000).toISOString(),
    with: other,
    direction: from === own || from.startsWith(`${own}/`) ? ("sent" as const) : ("received" as const),
    body: childText(stanza, "body") ?? null,
    encrypted: stanza.getChild("encryption", "urn:xmpp:eme:0") !== undefined,
  };
}
