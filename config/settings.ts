import { existsSync, readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { nearest } from "./nearest.ts";
import { allOptions, allSections, type OptionInfo, sections } from "./schema.ts";

const everything = z.object(sections);
const auditOnly = z.object({ audit: sections.audit });
const databaseOnly = z.object({ database: sections.database });
const archiveOnly = z.object({ archive: sections.archive });

export type Settings = z.infer<typeof everything>;

/** Variables that steer the command itself and are no settings. */
const ownVariables = ["KONTOR_CONFIG", "KONTOR_HOME", "KONTOR_PORT_BASE", "KONTOR_TEST_PORT_BASE"];

type Env = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => string | undefined;

/** Settings that cannot be used; `problems` names each option, what is wrong and what would be right. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings cannot be used:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
    this.name = "SettingsError";
    this.problems = problems;
  }
}

/** The text of a file, or undefined where there is none. */
export function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

const meant = (word: string, names: readonly string[]): string => {
  const near = nearest(word, names);
  return near ? `did you mean ${near}?` : `known are ${names.join(", ")}`;
};

const tree = z.record(z.string(), z.record(z.string(), z.unknown()).nullish());

function fromFile(env: Env, readFile: ReadFile, problems: string[]): Map<string, Record<string, unknown>> {
  const path = env.KONTOR_CONFIG ?? "kontor.yaml";
  const text = readFile(path);
  if (text === undefined) {
    if (env.KONTOR_CONFIG) problems.push(`KONTOR_CONFIG names ${path}, but there is no such file`);
    return new Map();
  }
  let parsed: unknown;
  try {
    parsed = parseYaml(text) ?? {};
  } catch (error) {
    problems.push(`${path} is no YAML: ${error instanceof Error ? error.message : String(error)}`);
    return new Map();
  }
  const result = tree.safeParse(parsed);
  if (!result.success) {
    problems.push(`${path} must hold sections of options; see './kontor config --sample'`);
    return new Map();
  }
  return new Map(Object.entries(result.data).map(([name, options]) => [name, { ...options }]));
}

function scalar(option: OptionInfo, text: string): unknown {
  if (option.type === "integer" || option.type === "number") return /^-?\d+$/.test(text) ? Number(text) : text;
  if (option.type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

function overlay(env: Env, into: Map<string, Record<string, unknown>>, problems: string[]): void {
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith("KONTOR_") || text === undefined || ownVariables.includes(variable)) continue;
    const option = allOptions.find((candidate) => candidate.variable === variable);
    if (option) into.set(option.section, { ...into.get(option.section), [option.name]: scalar(option, text) });
    else {
      const near = nearest(variable, [...allOptions.map((candidate) => candidate.variable), ...ownVariables]);
      problems.push(
        `unknown variable ${variable}${near ? `: did you mean ${near}?` : " (see './kontor config --sample')"}`,
      );
    }
  }
}

function explain(given: ReadonlyMap<string, Record<string, unknown>>, issue: z.core.$ZodIssue): string[] {
  const section = String(issue.path[0]);
  const options = allOptions.filter((option) => option.section === section);
  if (issue.code === "unrecognized_keys") {
    const names = options.map((option) => option.name);
    return issue.keys.map((key) => `unknown option ${section}.${key}: ${meant(key, names)}`);
  }
  const name = String(issue.path[1]);
  const option = options.find((candidate) => candidate.name === name);
  const label = `${section}.${name} (${option?.variable ?? "no variable"})`;
  const value = given.get(section)?.[name];
  if (value === undefined) return [`${label} is missing: ${option?.description ?? ""}`];
  const shown = option?.secret ? "its value (not shown)" : JSON.stringify(value);
  return [`${label}: ${shown} will not do, ${option?.bounds ? `allowed is ${option.bounds}` : issue.message}`];
}

function load<S extends z.ZodObject>(schema: S, env: Env, readFile: ReadFile): z.infer<S> {
  const problems: string[] = [];
  const given = fromFile(env, readFile, problems);
  overlay(env, given, problems);
  for (const name of given.keys()) {
    if (!allSections.some((known) => known === name)) {
      problems.push(`unknown section ${name}: ${meant(name, allSections)}`);
    }
  }
  const asked = Object.keys(schema.shape).map((name) => [name, given.get(name) ?? {}]);
  const result = schema.safeParse(Object.fromEntries(asked));
  if (!result.success) problems.push(...result.error.issues.flatMap((issue) => explain(given, issue)));
  if (!result.success || problems.length > 0) throw new SettingsError(problems);
  return result.data;
}

/**
 * Reads all settings: the YAML file named by KONTOR_CONFIG (else `kontor.yaml` where there is one), overlaid by
 * KONTOR_<SECTION>_<OPTION>. Throws SettingsError with every problem at once; no value of a secret is shown.
 */
export function loadSettings(env: Env = process.env, readFile: ReadFile = readIfThere): Settings {
  return load(everything, env, readFile);
}

/** Like loadSettings for the database section alone, so that migrating asks for no more than it uses. */
export function loadDatabaseSettings(env: Env = process.env, readFile: ReadFile = readIfThere): Settings["database"] {
  return load(databaseOnly, env, readFile).database;
}

/** Like loadSettings for the section of personal archives alone, as for the database. */
export function loadArchiveSettings(env: Env = process.env, readFile: ReadFile = readIfThere): Settings["archive"] {
  return load(archiveOnly, env, readFile).archive;
}

/** Like loadSettings for the audit section alone: verifying needs no more. */
export function loadAuditSettings(env: Env = process.env, readFile: ReadFile = readIfThere): Settings["audit"] {
  return load(auditOnly, env, readFile).audit;
}
