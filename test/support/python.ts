/** Python programs of others, each in an environment of its own with every package pinned. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const cache = fileURLToPath(new URL("../../.kontor", import.meta.url));
const run = promisify(execFile);

/**
 * The path of a Python that has the packages of this requirements file; made at the first use, from Debian's
 * python3-venv and PyPI, and anew when the pins change.
 */
export async function pythonWith(name: string, pinned: URL): Promise<string> {
  const requirements = fileURLToPath(pinned);
  const pins = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(cache, `${name}-${pins}`);
  const program = join(folder, "bin", "python");
  if (existsSync(program)) return program;
  // Scripts name the folder that they were made for: only `python -m` survives the renaming, which makes it whole.
  const making = `${folder}.${process.pid}`;
  await run("/usr/bin/python3", ["-m", "venv", making]);
  await run(join(making, "bin", "python"), ["-m", "pip", "install", "--quiet", "--requirement", requirements]);
  try {
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(program)) throw error;
  }
  return program;
}
