import { join } from "node:path";
import type { Settings } from "../config/settings.ts";
import { diskBytes } from "../filetransfer/index.ts";

/** Where exports of rooms lie: gateway and worker have it in common. No tenant's name begins with a dot. */
export function exportStore({ exports, files }: Pick<Settings, "exports" | "files">) {
  const folder = exports.folder ?? join(files.folder, ".exports");
  return { bytes: diskBytes(folder), workFolder: join(folder, ".making") };
}
