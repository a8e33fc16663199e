import { createHash } from "node:crypto";
import type { RequestHandler } from "express";
import helmet from "helmet";

/** Where the pages may reach beyond their own origin: the XMPP server's WebSocket and the files. */
export interface Reach {
  /** wss://host/xmpp-websocket */
  readonly websocketUrl: string;
  /** Base URL under which files are stored and fetched. */
  readonly publicUrl: string;
}

const nowhere = { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] };

/** Headers of every answer: nothing may be loaded, framed or guessed; what a page needs is added by the page. */
export function strictHeaders(publicUrl: string): RequestHandler {
  const encrypted = publicUrl.startsWith("https:");
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: nowhere },
    // Over plain HTTP (the demo) browsers would ignore it, or worse keep it for another service of the same name.
    strictTransportSecurity: encrypted ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    xFrameOptions: { action: "deny" },
  });
}

/** The policy of plain pages: style sheet and picture of our own, no script at all. */
export function pagePolicy(): RequestHandler {
  return helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: { ...nowhere, styleSrc: ["'self'"], imgSrc: ["'self'"] },
  });
}

/**
 * The bundle of Converse.js makes a style element for each of its sheets although all are in converse.min.css: empty
 * first, then with the map of an empty sheet. Just these two texts are let in, so that its console stays readable.
 */
const emptySheets = [
  "",
  `\n/*# sourceMappingURL=data:application/json;base64,${btoa('{"version":3,"sources":[],"names":[],"mappings":"","sourceRoot":""}')} */`,
].map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);

/**
 * The policy of the chat page, the least under which Converse.js works:
 * - `style-src-attr 'unsafe-inline'`: its templates carry style attributes (sizes of avatars and icons). Style elements
 *   but the empty ones above and every kind of inline script stay forbidden.
 * - `img-src data: blob:`: avatars come as data from vCards, pictures about to be sent are shown as blobs; shared
 *   pictures, sound and film come from our own files only.
 * - `connect-src`: the WebSocket, the files, and emoji.json from here. No `wasm-unsafe-eval`: OMEMO is off.
 */
export function chatPolicy({ websocketUrl, publicUrl }: Reach): RequestHandler {
  const files = new URL(publicUrl).origin;
  return helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      ...nowhere,
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", ...emptySheets],
      styleSrcAttr: ["'unsafe-inline'"],
      fontSrc: ["'self'"],
      imgSrc: ["'self'", "data:", "blob:", files],
      mediaSrc: ["'self'", "blob:", files],
      connectSrc: ["'self'", new URL(websocketUrl).origin, files],
    },
  });
}
