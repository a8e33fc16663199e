/** Makes the ZIP of an export: messages part by part, files as streams, and a manifest of all of it at the end. */
import { createReadStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LogEntry } from "../log.ts";
import { exportedEntry } from "./core-entry.ts";
import type { ExportBytes, ExportDeps, LinkedReading } from "./deps.ts";
import { fileWriter } from "./file-writer.ts";
import { readAgain, readPart } from "./log-parts.ts";
import { partWriter } from "./part-writer.ts";
import { beginExport, type ExportRef, type ExportWork, finishExport, noteProgress } from "./store-work.ts";
import { type ZipWriter, zipText, zipWriter } from "./zip-writer.ts";

export interface MakingDeps extends ExportDeps {
  readonly bytes: ExportBytes;
  readonly files: LinkedReading;
  /** Folder of ZIPs that are being made. */
  readonly workFolder: string;
  readonly maxBytes: number;
  /** Ends the work between two pieces; it begins anew the next time. */
  readonly signal: AbortSignal;
  /** Told of each part that is written. What it throws ends the work like a crash. */
  readonly onPart?: (entries: readonly LogEntry[]) => Promise<void> | void;
}

/** How often it is noted how far an export is. */
const NOTE_MS = 1_000;

/** This attempt counts no more: the export was called off, its room went, or another worker makes it. */
class Superseded extends Error {}

/**
 * Makes an export that waits, or that a worker left behind: then from the start, and nothing of the former attempt is
 * used. Resolves when it is done, or when there is nothing to make any more. Throws `too-large`, and what the database
 * or the stores throw; then it may be called again.
 */
export async function makeExport(deps: MakingDeps, ref: ExportRef): Promise<void> {
  const work = await beginExport(deps.db, ref, new Date(deps.clock()));
  if (!work) return;
  await mkdir(deps.workFolder, { recursive: true, mode: 0o700 });
  const path = join(deps.workFolder, `${work.id}-${work.attempt}.zip`);
  try {
    const { size, counts } = await write(deps, work, path);
    await keep(deps, work, path, size, counts);
  } catch (error) {
    if (!(error instanceof Superseded)) throw error;
  } finally {
    await rm(path, { force: true });
  }
}

/** Puts the ZIP where finished ones lie, and lets it be seen. */
async function keep(deps: MakingDeps, work: ExportWork, path: string, size: number, counts: Counts): Promise<void> {
  const key = { tenant: work.tenant, blob: deps.newId() };
  const { sha256 } = await deps.bytes.put(key, size, createReadStream(path));
  const { messages, files } = counts;
  // Where it is not known whether this was committed, the sweep finds out.
  const seen = await finishExport(deps, work, { blob: key.blob, size, sha256 }, { messages, files });
  if (!seen) await deps.bytes.remove(key);
}

type Counts = typeof nothing;
const nothing = { messages: 0, takenBack: 0, encrypted: 0, files: 0, filesGone: 0 };

async function write(deps: MakingDeps, work: ExportWork, path: string) {
  const counts: Counts = { ...nothing };
  let messagesTotal = 0;
  let noted = deps.clock();
  const note = async () => {
    deps.signal.throwIfAborted();
    const now = deps.clock();
    if (now - noted < NOTE_MS) return;
    noted = now;
    const progress = { messages: counts.messages, messagesTotal, files: files.count(), bytes: zip.written() };
    const seen = await noteProgress(deps.db, work, progress);
    if (!seen) throw new Superseded();
  };
  const zip = zipWriter(path, deps.maxBytes, note);
  const files = fileWriter(deps, work, zip);
  try {
    const parts = partWriter(work, zip);
    for (let after = 0; ; ) {
      const part = await readPart(deps.db, work, after, new Date(deps.clock()));
      const last = part.entries.at(-1);
      if (!last) break;
      messagesTotal = counts.messages + part.left;
      if (work.files) await files.write(part.entries);
      // Files take their time: what was taken back meanwhile is read as what it is now.
      const entries = work.files ? await readAgain(deps.db, work, part.entries, new Date(deps.clock())) : part.entries;
      const shown = entries.map((entry) => exportedEntry(entry, files.of(entry)));
      await parts.write(shown, part.following);
      for (const { kind, encrypted, filesGone } of shown) {
        counts.messages += 1;
        counts.takenBack += kind === "taken-back" ? 1 : 0;
        counts.encrypted += encrypted ? 1 : 0;
        counts.filesGone += filesGone;
      }
      counts.files = files.count();
      await deps.onPart?.(entries);
      await note();
      after = last.seq;
    }
    await parts.end(counts, new Date(deps.clock()));
    await zip.add("manifest.json", zipText(`${JSON.stringify(manifestOf(deps, work, counts, zip), undefined, 2)}\n`));
    return { size: await zip.end(), counts };
  } catch (error) {
    await zip.abort();
    throw error;
  }
}

/** What is in the ZIP, for whom, and why. */
function manifestOf({ clock }: MakingDeps, work: ExportWork, counts: Counts, zip: ZipWriter) {
  const { tenant, id, room, format, language, files, from, to, askedBy, reason, askedAt } = work;
  return {
    ...{ version: 1, export: id, tenant, room, format, language, withFiles: files },
    ...{ from: from?.toISOString() ?? null, to: to?.toISOString() ?? null, askedBy, reason },
    ...{ askedAt: askedAt.toISOString(), madeAt: new Date(clock()).toISOString(), counts, entries: zip.entries },
  };
}
