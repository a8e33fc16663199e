/** The files of an export: each that messages link to once, as a stream. */
import { KontorError } from "../../platform/errors.ts";
import type { LogEntry } from "../log.ts";
import type { ExportedFile, FilesOf } from "./core-entry.ts";
import { filePath } from "./core-names.ts";
import type { ExportDeps, LinkedFile, LinkedReading } from "./deps.ts";
import type { ExportWork } from "./store-work.ts";
import type { ZipWriter } from "./zip-writer.ts";

interface FileDeps extends Pick<ExportDeps, "clock"> {
  readonly files: LinkedReading;
}

/** What is compressed in itself. */
const COMPRESSED = /^(image|video|audio)\/|zip|compressed|^application\/pdf$/;

/** Writes files, and knows which message has which. */
export function fileWriter({ files: linked, clock }: FileDeps, { tenant }: ExportWork, zip: ZipWriter) {
  /** By id; undefined for one that was gone. */
  const written = new Map<string, ExportedFile | undefined>();
  let links = new Map<number, { readonly stanza: string; readonly found: FilesOf }>();
  let count = 0;
  const write = async (file: LinkedFile): Promise<ExportedFile | undefined> => {
    const bytes = await linked.open(tenant, file.id, clock());
    if (!bytes) return undefined;
    const compress = !COMPRESSED.test(file.type ?? "");
    const { path, ...rest } = await zip.add(filePath(file), bytes, { size: file.bytes, compress });
    if (rest.sha256 !== file.sha256) throw new KontorError("internal", "A stored file is not what was stored");
    count += 1;
    return { path, name: file.name, type: file.type, ...rest };
  };
  return {
    count: () => count,
    /** Writes the files of these messages; those of earlier ones are forgotten. */
    write: async (entries: readonly LogEntry[]): Promise<void> => {
      links = new Map();
      for (const { seq, sender, stanza } of entries) {
        if (sender === null) continue;
        const found = await linked.find({ tenant, owner: sender, text: stanza }, clock());
        if (found.files.length === 0 && found.gone === 0) continue;
        const files: ExportedFile[] = [];
        for (const file of found.files) {
          if (!written.has(file.id)) written.set(file.id, await write(file));
          const exported = written.get(file.id);
          if (exported) files.push(exported);
        }
        const filesGone = found.gone + found.files.length - files.length;
        links.set(seq, { stanza, found: { files, filesGone } });
      }
    },
    /** Those of a message; none of one that was taken back since. */
    of: ({ seq, stanza }: LogEntry): FilesOf => {
      const known = links.get(seq);
      return known?.stanza === stanza ? known.found : { files: [], filesGone: 0 };
    },
  };
}
