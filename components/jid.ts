/**
 * XMPP addresses (RFC 7622). Local and domain part are compared in lower case and NFC, wide and narrow forms of a
 * character being one in the local part (3.3); the resource is kept as it is but for its composition.
 */
export interface Jid {
  readonly local: string;
  readonly domain: string;
  readonly resource: string;
}

const MAX_BYTES = 1023;
// RFC 7622 3.3.1 excludes these from the local part; PRECIS (RFC 8264 4.2) what is not seen, and spaces of any kind.
const BAD_LOCAL = /["&'/:<>@\s\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;
const WIDE_OR_NARROW = /[\uff01-\uffee]/gu;
const BAD_DOMAIN = /["&'/<>@\s\u0000-\u001f\u007f]/u;
const BAD_RESOURCE = /[\u0000-\u001f\u007f\ufffe\uffff]/u;

/** Parses an address, or gives undefined for a malformed one (then answer `jid-malformed`). */
export function parseJid(text: string | undefined): Jid | undefined {
  if (!text) return undefined;
  const slash = text.indexOf("/");
  const resource = slash === -1 ? "" : text.slice(slash + 1).normalize("NFC");
  const bare = slash === -1 ? text : text.slice(0, slash);
  const at = bare.indexOf("@");
  const local = at === -1 ? "" : plainWidth(bare.slice(0, at)).normalize("NFC").toLowerCase();
  const domain = bare
    .slice(at + 1)
    .normalize("NFC")
    .toLowerCase();
  const partMissing = domain === "" || (at !== -1 && local === "") || (slash !== -1 && resource === "");
  if (partMissing || BAD_LOCAL.test(local) || BAD_DOMAIN.test(domain) || BAD_RESOURCE.test(resource)) return undefined;
  if ([local, domain, resource].some((part) => Buffer.byteLength(part) > MAX_BYTES)) return undefined;
  return { local, domain, resource };
}

/** RFC 8265 3.3.2: forms that differ only in width are one. */
const plainWidth = (text: string): string => text.replace(WIDE_OR_NARROW, (char) => char.normalize("NFKC"));

/** `local@domain`, or `domain` alone. */
export function bareOf(jid: Jid): string {
  return jid.local === "" ? jid.domain : `${jid.local}@${jid.domain}`;
}

/** The whole address as text. */
export function jidText(jid: Jid): string {
  return jid.resource === "" ? bareOf(jid) : `${bareOf(jid)}/${jid.resource}`;
}
