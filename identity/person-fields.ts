import { z } from "zod";
import { parseJid } from "../components/jid.ts";
import { lineOfText } from "../platform/http.ts";

/** What may stand in the fields of a person, whichever door it comes through. */

/** Whether a text can be the local part of an address, written as it is compared. */
function isLocalpart(text: string): boolean {
  return text.length <= 255 && parseJid(`${text}@host`)?.local === text;
}

export const personName = lineOfText(200);
/** RFC 5321 4.5.3.1.1: no server takes more before the @. */
const EMAIL_LOCAL_MAX = 64;
export const personEmail = z
  .email()
  .max(254)
  .refine(
    (text) => text.lastIndexOf("@") <= EMAIL_LOCAL_MAX,
    `has more than ${EMAIL_LOCAL_MAX} characters before the @`,
  );
export const personLocalpart = z
  .string()
  .min(1)
  .max(255)
  .refine(isLocalpart, "is no local part of an address: lower case, without spaces and without \" & ' / : < > @");
