import { domainToASCII } from "node:url";
import { z } from "zod";

const label = /^[\p{L}\p{N}]([\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;

/**
 * An XMPP domain (RFC 7622 section 3.2): labels of letters, digits and hyphens, in lower case, internationalised
 * names allowed in Unicode form. The A-label form must exist and fit DNS. No dot at the end, no address literals.
 */
export const xmppDomain = z
  .string()
  .max(253)
  .refine((text) => text === text.toLowerCase().normalize("NFC"), "must be in lower case and NFC")
  .refine((text) => text.split(".").every((part) => label.test(part)), "must be labels of letters, digits and hyphens")
  .refine((text) => {
    const ascii = domainToASCII(text);
    return ascii !== "" && ascii.length <= 253 && ascii.split(".").every((part) => part.length <= 63);
  }, "has no valid A-label form")
  .refine((text) => !/^[\d.]+$/.test(text), "must not be an address");
