/** The messages of an export, part by part: as lines of JSON, or as pages to read. */
import type { ExportedEntry } from "./core-entry.ts";
import { dayOf, partPath } from "./core-names.ts";
import { indexPage, messagesPage } from "./core-page.ts";
import { exportTexts } from "./core-texts.ts";
import type { ExportWork } from "./store-work.ts";
import { type ZipWriter, zipText } from "./zip-writer.ts";

/** Writes messages as lines of JSON or as pages, and in the end the page that leads to all of them. */
export function partWriter(work: ExportWork, zip: ZipWriter) {
  const { format, language, room } = work;
  const ending = format === "json" ? "jsonl" : "html";
  const title = exportTexts[language].title(room.title);
  const parts: { path: string; day: Date; messages: number }[] = [];
  const nameOf = (part: number, at: Date) => partPath(part, dayOf(at), ending);
  const baseOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  return {
    write: async (entries: readonly ExportedEntry[], following: Date | undefined) => {
      const [first] = entries;
      if (!first) return;
      const day = new Date(first.at);
      const number = parts.length + 1;
      const path = nameOf(number, day);
      const previous = parts.at(-1)?.path;
      const page = {
        ...{ title, language, day },
        previous: previous && baseOf(previous),
        next: following && baseOf(nameOf(number + 1, following)),
      };
      const content =
        format === "json" ? entries.map((entry) => `${JSON.stringify(entry)}\n`).join("") : messagesPage(page, entries);
      await zip.add(path, zipText(content));
      parts.push({ path, day, messages: entries.length });
    },
    end: async (counts: { readonly messages: number; readonly files: number }, at: Date) => {
      if (format === "json") return;
      const { from, to, askedBy, reason } = work;
      const facts = { room: room.title, askedBy: askedBy.name, reason, at, from, to };
      await zip.add("index.html", zipText(indexPage({ title, language, facts, counts, parts })));
    },
  };
}
