import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { AssetFolder } from "../assets.ts";

/**
 * What of the package's dist/ the page needs: no source maps, no OMEMO module with its WebAssembly (that is off), no
 * worker of shared connections, of the languages only ours.
 */
const names = new Set([
  "converse.min.js",
  "converse.min.css",
  "emoji.json",
  "chunkjs/locales/de-LC_MESSAGES-converse-po.js",
  "chunkjs/locales/dayjs/de-js.js",
  "chunkjs/locales/dayjs/en-js.js",
  "images/favicon.ico",
  "images/logo/conversejs-filled.svg",
  "sounds/msg_received.mp3",
  "sounds/msg_received.ogg",
  "webfonts/baumans.ttf",
  "webfonts/muli.ttf",
]);

/** The installed Converse.js: its version and the files of it that are served. */
export function converseFiles(): { readonly version: string; readonly assets: AssetFolder } {
  const folder = dirname(createRequire(import.meta.url).resolve("converse.js/dist/converse.min.js"));
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "..", "package.json"), "utf8"));
  const { version } = z.object({ version: z.string() }).parse(manifest);
  return { version, assets: { folder, names, immutable: true } };
}
