import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Schemathesis (Python) in an environment of its own, with every package pinned. */

const requirements = fileURLToPath(new URL("./requirements.txt", import.meta.url));
const cache = fileURLToPath(new URL("../../.kontor", import.meta.url));
const run = promisify(execFile);

/** The program's path; made at the first use, from Debian's python3-venv and PyPI, and anew when the pins change. */
export async function schemathesis(): Promise<string> {
  const pins = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(cache, `schemathesis-${pins}`);
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

/** Runs it to its end; what it printed, and its exit code. */
export function runSchemathesis(python: string, cwd: string, args: readonly string[]) {
  return new Promise<{ readonly code: number | null; readonly output: string }>((resolve, reject) => {
    const child = spawn(python, ["-m", "schemathesis.cli", ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const add = (piece: Buffer) => {
      output += piece.toString("utf8");
    };
    child.stdout.on("data", add);
    child.stderr.on("data", add);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
