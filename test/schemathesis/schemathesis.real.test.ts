import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { runSchemathesis, schemathesis } from "./tool.ts";
import { apiWorld } from "./world.ts";

/**
 * Schemathesis asks the API all that its document allows, and much that it does not. Off are:
 * - positive_data_acceptance: cursors, passwords, reasons and times have rules that no schema can say;
 * - use_after_free, ensure_resource_availability: a deletion is carried out later (202), a tenant's things stay readable;
 * - object_level_authorization: the test of all routes with all roles says more.
 */
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
  "missing_required_header",
  "unsupported_method",
  "allow_header_conformance",
  "ignored_auth",
];

/** What ends a tenant, a session or a token has a run of its own: nothing would be seen after it. */
const ending = "/(close|suspend|sessions?|tokens/[{]token[}])$";
/** An answer that goes on for minutes; those of rooms are seen refused, since there are no rooms. */
const endless = "/presence/events$";

let world: Awaited<ReturnType<typeof apiWorld>>;
let python: string;
let folder: string;

beforeAll(async () => {
  python = await schemathesis();
  folder = mkdtempSync(join(tmpdir(), "kontor-api-"));
  world = await apiWorld();
}, 180_000);
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  { who: "token", phases: "coverage,fuzzing,stateful", examples: 5, only: false },
  { who: "session", phases: "fuzzing,stateful", examples: 3, only: false },
  { who: "operator", phases: "coverage,fuzzing,stateful", examples: 5, only: false },
  { who: "ender", phases: "coverage,fuzzing", examples: 5, only: true },
  { who: "nobody", phases: "coverage", examples: 1, only: false },
] as const)(
  "$who, $phases",
  async ({ who, phases, examples, only }) => {
    const { tenant, headers } = world.callers[who];
    const config = join(folder, "schemathesis.toml");
    writeFileSync(config, `[parameters]\n"path.tenant" = "${tenant}"\n`);
    const { code, output } = await runSchemathesis(python, folder, [
      ...["--config-file", config, "run", `${world.url}/api/v1/openapi.json`, "--phases", phases],
      ...["--checks", checks.join(","), "--max-examples", String(examples), "--seed", "1"],
      ...["--generation-database", "none", "--no-color", "--continue-on-failure", "--suppress-health-check", "all"],
      ...headers.flatMap((header) => ["--header", header]),
      only ? `--include-path-regex=${ending}` : `--exclude-path-regex=${ending}|${endless}`,
    ]);
    const generated = Number(/(\d+) generated/.exec(output)?.[1]);
    expect({ errors: world.errors, code, output: code === 0 ? "" : output }).toEqual({
      errors: [],
      code: 0,
      output: "",
    });
    expect(generated).toBeGreaterThan(100);
  },
  // On a quiet machine the longest takes a minute or two; beside others that compute, five were too few.
  900_000,
);

test("most operations were answered, not only refused", async () => {
  const { answered, operations, statuses } = await world.seen();
  expect(answered.size).toBeGreaterThan(operations / 2);
  expect(statuses.get("429") ?? 0).toBeLessThan(300);
});
