import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { z } from "zod";
import { repository } from "../stack/home.ts";
import { ensurePackages, testPackages } from "../stack/packages.ts";
import { startStack } from "../stack/stack.ts";

const suites = ["unit", "real", "faults"] as const;
type Suite = (typeof suites)[number];

const configs: Readonly<Record<Suite, string>> = {
  unit: "jest.config.js",
  real: "jest.real.config.js",
  faults: "jest.faults.config.js",
};
/** Where the stack of the real tests has its ports; tests that start servers of their own go above. */
const PORT_BASE = 30_000;

const countsSchema = z.object({ passed: z.int(), failed: z.int() });

/** `kontor test`: everything on real servers; ends with `N passed, N failed`. */
export function command(): Command {
  return new Command("test")
    .description("run all tests: unit and cases, then on a running stack of their own, then with faults")
    .addOption(new Option("--only <suite>", "one of the suites").choices(suites))
    .argument("[patterns...]", "only test files whose path has one of these")
    .action(async (patterns: string[], options: { only?: Suite }) => {
      const chosen = suites.filter((suite) => options.only === undefined || options.only === suite);
      process.exitCode = (await run(chosen, patterns)) ? 0 : 1;
    });
}

async function run(chosen: readonly Suite[], patterns: readonly string[]): Promise<boolean> {
  ensurePackages((line) => console.log(line), testPackages);
  const folder = mkdtempSync(join(tmpdir(), "kt-"));
  let passed = 0;
  let failed = 0;
  const add = (result: { passed: number; failed: number }) => {
    passed += result.passed;
    failed += result.failed;
  };
  try {
    if (chosen.includes("unit")) add(await jest("unit", folder, patterns, {}));
    if (chosen.includes("real")) add(await onStack(folder, patterns));
    if (chosen.includes("faults")) add(await jest("faults", folder, patterns, {}));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

/** The real tests share one running service, started once. */
async function onStack(folder: string, patterns: readonly string[]): Promise<{ passed: number; failed: number }> {
  const home = join(folder, "home");
  const stack = await startStack({ home, portBase: PORT_BASE, report: (line) => console.log(line) });
  try {
    return await jest("real", folder, patterns, { KONTOR_HOME: home, KONTOR_PORT_BASE: String(PORT_BASE) });
  } finally {
    await stack.stop();
  }
}

/** Runs one suite with jest. */
function jest(
  suite: Suite,
  folder: string,
  patterns: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ passed: number; failed: number }> {
  const output = join(folder, `${suite}.json`);
  const args = [
    ...["--experimental-vm-modules", "--no-warnings", join(repository, "node_modules/jest/bin/jest.js")],
    ...["--config", configs[suite], "--passWithNoTests", ...patterns],
  ];
  console.log(`\n== ${suite} tests`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: repository,
      env: { ...process.env, ...env, TEST_COUNTS_FILE: output },
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      try {
        resolve(countsSchema.parse(JSON.parse(readFileSync(output, "utf8"))));
      } catch (error) {
        reject(new Error(`jest ended with ${code} and without a report`, { cause: error }));
      }
    });
  });
}
