import { stringify } from "yaml";
import { allSections, described, type OptionInfo } from "./schema.ts";

function optionLines(option: OptionInfo): string[] {
  const facts = [option.required ? "required" : "", option.bounds ?? "", option.variable].filter(Boolean).join("; ");
  const value =
    option.defaultValue === undefined ? "" : ` ${stringify(option.defaultValue, { lineWidth: 0 }).trimEnd()}`;
  return [`  # ${option.description}`, `  # (${facts})`, `  # ${option.name}:${value}`];
}

/** A YAML file with every section and option commented out: text, bounds, variable and default of each. */
export function sampleYaml(): string {
  const head = [
    "# Settings of Kontor. Each option may also be given as the environment variable named with it, which wins.",
    "# Written by './kontor config --sample' from the schemas in config/sections.",
  ];
  const body = allSections.flatMap((section) => {
    const { description, options } = described.get(section) ?? { description: "", options: [] };
    return ["#", `# ${description}`, `${section}:`, ...options.flatMap(optionLines)];
  });
  return `${[...head, ...body].join("\n")}\n`;
}
