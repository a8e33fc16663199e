import { childElements, type Element } from "../../components/stanza.ts";

/**
 * Whether a stanza has everything that the expected one names; `memory` gets what `{$name}` stood for.
 * Children of one name are tried in order, so that two expected <status/> need two.
 */
export function matches(expected: Element, actual: Element, memory: Map<string, string>): boolean {
  const found = new Map<string, string>();
  if (!fits(expected, actual, found)) return false;
  for (const [name, value] of found) memory.set(name, value);
  return true;
}

function fits(expected: Element, actual: Element, found: Map<string, string>): boolean {
  if (expected.getName() !== actual.getName()) return false;
  const ns = expected.attrs.xmlns;
  if (ns && actual.getNS() !== ns) return false;
  for (const [name, value] of Object.entries(expected.attrs)) {
    if (name === "xmlns") continue;
    const given: unknown = actual.attrs[name];
    if (typeof given !== "string" || !valueFits(String(value), given, found)) return false;
  }
  const text = expected.getText().trim();
  if (text !== "" && !valueFits(text, actual.getText().trim(), found)) return false;
  const left = childElements(actual);
  return childElements(expected).every((child) => {
    const index = left.findIndex((candidate) => fits(child, candidate, found));
    if (index === -1) return false;
    left.splice(index, 1);
    return true;
  });
}

function valueFits(expected: string, given: string, found: Map<string, string>): boolean {
  const remembered = /^\{\$(\w+)\}$/.exec(expected)?.[1];
  if (remembered) found.set(remembered, given);
  return remembered !== undefined || expected === "*" || expected === given;
}
