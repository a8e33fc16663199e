import { spawn } from "node:child_process";
import { pythonWith } from "../support/python.ts";

/** Schemathesis (Python): the Python that has it. */
export const schemathesis = (): Promise<string> =>
  pythonWith("schemathesis", new URL("./requirements.txt", import.meta.url));

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
