/** The list of what another room service does otherwise, as its document has it. */
import { readFileSync } from "node:fs";
import type { Step } from "./script.ts";

/** A step as the document names it: on one line, without what stands between elements. */
export function nameOf({ person, action, xml }: Step): string {
  const compact = xml.replaceAll(/\s*\n\s*/g, "").trim();
  return compact === "" ? `${person} ${action}` : `${person} ${action} ${compact}`;
}

/**
 * Reads the list: below `## dialogue.txt` one line for each difference, the step in backticks, a colon, and why. Gives
 * the steps of each dialogue. Throws for a line without an explanation.
 */
export function readDifferences(path: URL): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const heading = /^## (\S+\.txt)$/.exec(line)?.[1];
    if (heading) {
      current = [];
      found.set(heading, current);
    } else if (line.startsWith("## ")) current = undefined;
    else if (current && line.startsWith("- ")) {
      const step = /^- `([^`]+)`: \S/.exec(line)?.[1];
      if (!step) throw new Error(`'${line}' does not say why`);
      current.push(step);
    }
  }
  return found;
}
