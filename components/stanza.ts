import { Element, parse } from "ltx";
import { errors, type KontorError, toKontorError } from "../platform/errors.ts";

/** The one XML element of the project: that of ltx' ESM build, which stream.ts makes. Never test it by `instanceof`. */
export { Element };

export const NS_STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas";
const NS_KONTOR_ERROR = "urn:kontor:error";

export type Attrs = Readonly<Record<string, string | number | undefined>>;
export type Child = Element | string | undefined | false;

/** Builds an element; undefined attributes and children are left out. */
export function x(name: string, attrs: Attrs = {}, ...children: readonly Child[]): Element {
  const element = new Element(name);
  for (const [key, value] of Object.entries(attrs)) if (value !== undefined) element.attrs[key] = String(value);
  for (const child of children) if (child !== undefined && child !== false) element.cnode(child);
  return element;
}

/** Parses one XML document; throws on what is not well-formed. */
export function parseXml(text: string): Element {
  return parse(text);
}

/** An attribute's text, or undefined. */
export function attr(element: Element, name: string): string | undefined {
  const value: unknown = element.attrs[name];
  return typeof value === "string" ? value : undefined;
}

/** The child elements, without text. */
export function childElements(element: Element): Element[] {
  return element.children.filter((child): child is Element => typeof child === "object");
}

/** The text of a child, or undefined when there is no such child. */
export function childText(element: Element, name: string, ns?: string): string | undefined {
  return element.getChild(name, ns)?.getText();
}

/** The result of an iq (RFC 6120 8.2.3). */
export function iqResult(request: Element, child?: Element): Element {
  const { from, to, id } = request.attrs;
  return x("iq", { type: "result", from: to, to: from, id }, child);
}

/**
 * The error reply to a stanza (RFC 6120 8.3), or undefined where none may be sent: to an error, and to an iq result.
 * The text says what to do next; figures such as a limit stand in an application-specific element.
 */
export function errorReply(stanza: Element, error: unknown, conditionChild?: Element): Element | undefined {
  const { from, to, id, type } = stanza.attrs;
  if (type === "error" || (stanza.name === "iq" && type === "result") || !from) return undefined;
  const known = toKontorError(error);
  return x(stanza.name, { type: "error", from: to, to: from, id }, errorElement(known, conditionChild));
}

/** What a stanza of type error says: its condition, empty where it names none, and its text (RFC 6120 8.3.2). */
export function stanzaError(stanza: Element): { readonly condition: string; readonly text: string | undefined } {
  const error = stanza.getChild("error");
  const condition = error && childElements(error).find(({ name }) => name !== "text")?.name;
  return { condition: condition ?? "", text: error?.getChildText("text") ?? undefined };
}

/** The error child of a stanza (RFC 6120 8.3.2). */
function errorElement(error: KontorError, conditionChild?: Element): Element {
  const row = errors[error.code];
  const figures = Object.entries(error.extra);
  return x(
    "error",
    { type: row.type },
    x(row.condition, { xmlns: NS_STANZA_ERRORS }),
    x("text", { xmlns: NS_STANZA_ERRORS, "xml:lang": "en" }, error.message),
    conditionChild ?? (figures.length > 0 && x(error.code, { xmlns: NS_KONTOR_ERROR, ...Object.fromEntries(figures) })),
  );
}
