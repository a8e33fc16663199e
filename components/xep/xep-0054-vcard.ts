/** XEP-0054: vcard-temp, version 1.2, of which rooms keep the photo, and XEP-0153: vCard-Based Avatars, version 1.1. */
import { z } from "zod";
import { childText, type Element, x } from "../stanza.ts";
import { codec, defined } from "./codec.ts";

export const NS_VCARD = "vcard-temp";
const NS_VCARD_UPDATE = "vcard-temp:x:update";

/** `binval` is base64, with or without line ends. */
export const vcardPhoto = codec({
  name: "vCard",
  ns: NS_VCARD,
  schema: z.object({ photo: z.object({ type: z.string().min(1), binval: z.string().min(1) }).optional() }),
  read: (element) => {
    const photo = element.getChild("PHOTO");
    // 0153 3.1: an empty photo takes the picture away.
    if (!photo || photo.children.every((child) => typeof child === "string" && child.trim() === "")) return {};
    return { photo: defined({ type: childText(photo, "TYPE"), binval: childText(photo, "BINVAL") }) };
  },
  write: ({ photo }) =>
    x("vCard", { xmlns: NS_VCARD }, photo && x("PHOTO", {}, x("TYPE", {}, photo.type), x("BINVAL", {}, photo.binval))),
});

/** What presence says of the picture: its SHA-1 in hex; undefined: there is none. */
export const photoUpdate = (hash: string | undefined): Element =>
  x("x", { xmlns: NS_VCARD_UPDATE }, x("photo", {}, hash));
