import { escapeXML } from "ltx";
import type { Element } from "./stanza.ts";

/**
 * The text of one stanza for many receivers: serialised once, only `to` differs. `stanza` has no `to` of its own.
 */
export function fanOut(stanza: Element, receivers: readonly string[]): string {
  const text = stanza.toString();
  let out = "";
  for (const receiver of receivers) out += withAttrs(text, { to: receiver });
  return out;
}

/** A serialised element with further attributes, which it must not have yet. */
export function withAttrs(text: string, attrs: Readonly<Record<string, string>>): string {
  const cut = text.search(/[\s/>]/);
  let added = "";
  for (const name in attrs) added += ` ${name}="${escapeXML(attrs[name] ?? "")}"`;
  return text.slice(0, cut) + added + text.slice(cut);
}

/** A serialised element with a further child at its end. */
export function withChild(text: string, child: Element): string {
  if (text.endsWith("/>")) return `${text.slice(0, -2)}>${child.toString()}</${text.slice(1, text.search(/[\s/>]/))}>`;
  const cut = text.lastIndexOf("</");
  return text.slice(0, cut) + child.toString() + text.slice(cut);
}
