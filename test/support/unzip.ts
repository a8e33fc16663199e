/** Reads a ZIP with Python's own library: nothing of what wrote it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";

const run = promisify(execFile);
const SCRIPT = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    bad = archive.testzip()
    entries = {}
    for info in archive.infolist():
        content = archive.read(info)
        text = content.decode("utf-8") if info.filename.endswith((".json", ".jsonl", ".html")) else None
        entries[info.filename] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "text": text}
    print(json.dumps({"bad": bad, "entries": entries}))
`;
const answer = z.object({
  bad: z.string().nullable(),
  entries: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string(), text: z.string().nullable() })),
});

/** What a manifest of an export says. */
const manifestShape = z.looseObject({
  room: z.object({ id: z.string(), name: z.string(), title: z.string() }),
  askedBy: z.object({ id: z.string(), name: z.string() }),
  reason: z.string(),
  counts: z.record(z.string(), z.number()),
  entries: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
});

const lineShape = z.looseObject({
  seq: z.number(),
  kind: z.string(),
  body: z.string().nullable(),
  encrypted: z.boolean(),
  filesGone: z.number(),
  files: z.array(z.object({ path: z.string(), name: z.string(), sha256: z.string(), bytes: z.number() })),
  stanza: z.string(),
});

/** Unpacks an export, with every check sum of the ZIP proven. Throws for one that is broken. */
export async function unzip(path: string) {
  const { stdout } = await run("python3", ["-c", SCRIPT, path], { maxBuffer: 1 << 28 });
  const { bad, entries } = answer.parse(JSON.parse(stdout));
  if (bad !== null) throw new Error(`${bad} is broken`);
  const names = Object.keys(entries);
  const manifest = manifestShape.parse(JSON.parse(entries["manifest.json"]?.text ?? ""));
  const lines = names
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .flatMap((name) => (entries[name]?.text ?? "").split("\n").filter((line) => line !== ""))
    .map((line) => lineShape.parse(JSON.parse(line)));
  return { entries, names, manifest, lines };
}
