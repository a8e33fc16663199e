import { spawn } from "node:child_process";
import { createReadStream, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { repository } from "../stack/home.ts";

export const suites = ["unit", "real", "faults", "alone"] as const;
export type Suite = (typeof suites)[number];

const configs: Readonly<Record<Suite, string>> = {
  unit: "jest.config.js",
  real: "jest.real.config.js",
  faults: "jest.faults.config.js",
  alone: "jest.alone.config.js",
};

const countsSchema = z.object({ passed: z.int(), failed: z.int() });
export type Counts = z.infer<typeof countsSchema>;

interface JestRun {
  /** Where the suite may leave its files. */
  readonly folder: string;
  /** Only files whose path has one of these; all where there are none. */
  readonly patterns: readonly string[];
  /** How many files at once. */
  readonly workers: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Another suite runs and prints meanwhile: what this one prints appears in one piece when it has ended. */
  readonly beside?: boolean;
}

/** Runs one suite with jest; how many of its tests passed and failed. Rejects where it cannot say. */
export async function runJest(suite: Suite, run: JestRun): Promise<Counts> {
  const counts = join(run.folder, `${suite}.json`);
  const printed = join(run.folder, `${suite}.log`);
  const args = [
    ...["--experimental-vm-modules", "--no-warnings", join(repository, "node_modules/jest/bin/jest.js")],
    ...["--config", configs[suite], "--maxWorkers", String(run.workers), "--passWithNoTests", ...run.patterns],
  ];
  if (!run.beside) console.log(`\n== ${suite} tests`);
  const output = run.beside ? openSync(printed, "w") : "inherit";
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: repository,
      env: { ...process.env, ...run.env, TEST_COUNTS_FILE: counts },
      stdio: ["ignore", output, output],
    });
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (run.beside) {
    console.log(`\n== ${suite} tests`);
    await pipeline(createReadStream(printed), process.stdout, { end: false });
    console.log(`== end of the ${suite} tests\n`);
  }
  try {
    return countsSchema.parse(JSON.parse(readFileSync(counts, "utf8")));
  } catch (error) {
    throw new Error(`jest ended with ${code} and without a report`, { cause: error });
  }
}
