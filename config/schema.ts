import { z } from "zod";
import { archive } from "./sections/archive.ts";
import { audit } from "./sections/audit.ts";
import { bridge } from "./sections/bridge.ts";
import { database } from "./sections/database.ts";
import { exportsSection } from "./sections/exports.ts";
import { files } from "./sections/files.ts";
import { health } from "./sections/health.ts";
import { http } from "./sections/http.ts";
import { log } from "./sections/log.ts";
import { quotas } from "./sections/quotas.ts";
import { redis } from "./sections/redis.ts";
import { retention } from "./sections/retention.ts";
import { signIn } from "./sections/sign-in.ts";
import { xmpp } from "./sections/xmpp.ts";

/** Every section of the settings, in the order of the sample. */
export const sections = {
  database,
  archive,
  redis,
  xmpp,
  http,
  files,
  exports: exportsSection,
  bridge,
  quotas,
  retention,
  audit,
  signIn,
  health,
  log,
};

export type SectionName = keyof typeof sections;

/** One option as sample, environment overlay and messages need it. */
export interface OptionInfo {
  readonly section: SectionName;
  readonly name: string;
  /** KONTOR_<SECTION>_<OPTION> */
  readonly variable: string;
  readonly description: string;
  readonly type: string;
  readonly choices?: readonly string[];
  readonly required: boolean;
  readonly secret: boolean;
  readonly defaultValue?: unknown;
  readonly bounds?: string;
}

const jsonOption = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  description: z.string().default(""),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  secret: z.boolean().default(false),
  form: z.string().optional(),
});
const jsonSection = z.looseObject({
  description: z.string().default(""),
  properties: z.record(z.string(), jsonOption),
  required: z.array(z.string()).default([]),
});

function boundsOf(option: z.infer<typeof jsonOption>): string | undefined {
  if (option.enum) return option.enum.join(" | ");
  if (option.minimum !== undefined) return `${option.minimum} to ${option.maximum}`;
  if (option.secret && option.minLength !== undefined) return `at least ${option.minLength} characters`;
  return option.form;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

const sectionName = z.keyof(z.object(sections));

/** Names of all sections. */
export const allSections: readonly SectionName[] = sectionName.options;

function describe(section: SectionName): { description: string; options: OptionInfo[] } {
  const { description, properties, required } = jsonSection.parse(z.toJSONSchema(sections[section], { io: "input" }));
  const options = Object.entries(properties).map(([name, option]): OptionInfo => {
    const bounds = boundsOf(option);
    return {
      section,
      name,
      variable: `KONTOR_${snake(section)}_${snake(name)}`,
      description: option.description,
      type: option.type ?? "string",
      required: required.includes(name),
      secret: option.secret,
      defaultValue: option.default,
      ...(option.enum ? { choices: option.enum } : {}),
      ...(bounds ? { bounds } : {}),
    };
  });
  return { description, options };
}

/** Each section with its description and options, read from the zod schemas. */
export const described = new Map(allSections.map((section) => [section, describe(section)] as const));

/** Every option of every section. */
export const allOptions: readonly OptionInfo[] = [...described.values()].flatMap(({ options }) => options);
