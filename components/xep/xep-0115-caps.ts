/** XEP-0115: Entity Capabilities, version 1.6.0: what a client says of its software in presence. */
import { z } from "zod";
import { attr, x } from "../stanza.ts";
import { codec } from "./codec.ts";

const NS_CAPS = "http://jabber.org/protocol/caps";
/** A SHA-512 in base64 has 88 characters, an address of software some dozens: what is longer is none. */
const MAX_LENGTH = 256;

const text = z.string().min(1).max(MAX_LENGTH);

// Without a hash it is the format of before version 1.4, which nothing can verify (5.2).
const schema = z.object({ hash: text, node: text, ver: text });

export const caps = codec({
  name: "c",
  ns: NS_CAPS,
  schema,
  read: (element) => ({ hash: attr(element, "hash"), node: attr(element, "node"), ver: attr(element, "ver") }),
  write: (data) => x("c", { xmlns: NS_CAPS, ...data }),
});
