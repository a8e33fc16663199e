import { z } from "zod";
import { parseJid } from "../components/jid.ts";
import { lineOfText } from "../platform/http.ts";

/** What may stand in the fields of a person, whichever door it comes through. */

/** Whether a text can be the local part of an address, written as it is compared. */
function isLocalpart(text: string): boolean {
  return text.length <= 255 && parseJid(`${text}@host`)?.local === text;
}

export const personName = lineOfText(200);
export const personEmail = z.email().max(254);
export const personLocalpart = z
  .string()
  .min(1)
  .max(255)
  .refine(isLocalpart, "is no local part of an address: lower case, without spaces and without \" & ' / : < > @");
